import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/core/nearest.ts';

describe('the word that was meant', () => {
  it.each([
    ['--cron', ['--json', '--crontab', '--systemd'], '--crontab'],
    ['--cron', ['--crontabs', '--crontab'], '--crontab'],
    ['--dry', ['--day', '--dry-run'], '--dry-run'],
    ['--inc', ['--include', '--in'], '--include'],
    ['keep', ['keepDaily', 'held'], 'keepDaily'],
    ['timeuot', ['timeout', 'time'], 'timeout'],
    // Two letters begin too much.
    ['--co', ['--compare', '--confirm'], undefined],
    ['--xyz', ['--crontab'], undefined],
  ])('%s of %j is %s', (word, known, meant) => {
    expect(nearest(word, known)).toBe(meant);
  });
});
