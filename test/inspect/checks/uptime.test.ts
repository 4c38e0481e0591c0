import { describe, expect, test } from 'vitest';
import { uptime } from '../../../src/inspect/checks/uptime.ts';
import { judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

describe('uptime', () => {
  test('below its least tells of a restart, above its most of one that is due', () => {
    expect(judged(uptime, { min: '1h' }, '350735.47')).toMatchObject({
      state: 'pass',
      message: 'up for 4 d 1 h',
      measures: [{ value: 350735, unit: 's', warn: '3600:' }],
    });
    expect(judged(uptime, { min: '1h', level: 'fail' }, '120.00')).toMatchObject({
      state: 'fail',
      message: 'up for only 2 min 00 s: it has been restarted',
    });
    expect(judged(uptime, { max: '2d' }, '350735.47')).toMatchObject({
      state: 'warn',
      message: 'up for 4 d 1 h: it has not been restarted for too long',
      measures: [{ warn: '0:172800' }],
    });
  });

  test('says what it needs', () => {
    expect(uptime.withSchema.safeParse({}).success).toBe(false);
    expect(uptime.withSchema.safeParse({ min: '2h', max: '1h' }).success).toBe(false);
  });

  test.each(['', 'up 3 days', '12.3\n4', '-1', '1e9'])('%j is an error', (lines) => {
    expect(judged(uptime, { min: '1h' }, lines).state).toBe('error');
  });

  test.each(shells)('the probe in %s', (shell) => {
    expect(probedAndJudged(uptime, { min: '1s' }, { shell }).state).toBe('pass');
    expect(probedAndJudged(uptime, { min: '9000d' }, { shell }).state).toBe('warn');
  });
});
