import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { log } from '../../../src/inspect/checks/log.ts';
import { judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A log that is looked at again and again, as runs of an inspection do. */
function looked(shell: string, args: object = {}) {
  const path = join(folder, 'app server.log');
  let kept: unknown;
  return {
    path,
    look() {
      const found = probedAndJudged(
        log,
        { path, patterns: ['ERROR', 'panic: .*'], first: 'beginning', ...args },
        { shell, kept },
      );
      if (found.keep !== undefined) kept = found.keep;
      const count = /: (\d+)$/.exec(found.message)?.[1];
      return { ...found, count: count === undefined ? undefined : Number(count) };
    },
  };
}

describe.each(shells)('log in %s', (shell) => {
  test('what was read is not read again, and an unfinished line waits', () => {
    const { path, look } = looked(shell);
    writeFileSync(path, 'ok\nERROR one\nfine\n');
    expect(look()).toMatchObject({ state: 'warn', count: 1, details: ['ERROR one'] });
    const again = look();
    expect(again).toMatchObject({ state: 'pass', count: 0 });
    expect(again).not.toHaveProperty('keep');
    appendFileSync(path, 'ERROR tw');
    expect(look().count).toBe(0);
    appendFileSync(path, 'o\npanic: at once\n');
    expect(look()).toMatchObject({ count: 2, details: ['ERROR two', 'panic: at once'] });
    expect(look().count).toBe(0);
  });

  test('renamed and made anew: the old one is read to its end', () => {
    const { path, look } = looked(shell);
    writeFileSync(path, 'ERROR one\n');
    expect(look().count).toBe(1);
    appendFileSync(path, 'ERROR two\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'ERROR three\n');
    expect(look()).toMatchObject({ count: 2, details: ['ERROR two', 'ERROR three'] });
    expect(look().count).toBe(0);
  });

  test('renamed with a date, and renamed twice', () => {
    const { path, look } = looked(shell);
    writeFileSync(path, 'ERROR one\n');
    look();
    appendFileSync(path, 'ERROR two\n');
    renameSync(path, `${path}-20261130`);
    writeFileSync(path, '');
    expect(look()).toMatchObject({ count: 1, details: ['ERROR two'] });
    appendFileSync(path, 'ERROR three\n');
    look();
    appendFileSync(path, 'ERROR four\n');
    renameSync(path, `${path}.2`);
    writeFileSync(`${path}.1`, 'ERROR five\n');
    writeFileSync(path, 'ERROR six\n');
    expect(look()).toMatchObject({ count: 3, details: ['ERROR four', 'ERROR five', 'ERROR six'] });
  });

  test('copied and emptied: the copy is read to its end', () => {
    const { path, look } = looked(shell);
    writeFileSync(path, 'ERROR one\n');
    look();
    appendFileSync(path, 'ERROR two\n');
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
    appendFileSync(path, 'ERROR 3\n');
    expect(look()).toMatchObject({ count: 2, details: ['ERROR two', 'ERROR 3'] });
  });

  test('emptied and grown beyond where it was, it is not taken for the same', () => {
    const { path, look } = looked(shell);
    writeFileSync(path, '# the same beginning\nERROR one\n');
    look();
    writeFileSync(path, '# the same beginning\nERROR xyz\nmore than before\n');
    expect(look()).toMatchObject({ state: 'warn', details: [expect.stringContaining('it was emptied'), 'ERROR xyz'] });
  });

  test('compressed at once, it is told that something was lost', () => {
    const { path, look } = looked(shell);
    writeFileSync(path, 'ERROR one\n');
    look();
    renameSync(path, `${path}.1.gz`);
    writeFileSync(path, 'fine\n');
    expect(look()).toMatchObject({ state: 'warn', message: expect.stringContaining('could not be read') });
    expect(look().state).toBe('pass');
  });

  test('no more than maxBytes at once, the rest in the next runs', () => {
    const { path, look } = looked(shell, { maxBytes: 4096 });
    writeFileSync(path, 'ERROR of ten\n'.repeat(700));
    const counts = [look(), look(), look(), look()];
    expect(counts[0]).toMatchObject({
      state: 'warn',
      details: [expect.stringMatching(/^4\.9 KiB wait for the next run/), '40 x ERROR of ten'],
    });
    expect(counts.map(({ count }) => count)).toEqual([315, 315, 70, 0]);
    appendFileSync(path, `ERROR ${'x'.repeat(9000)}\nERROR last\n`);
    const long = [look(), look(), look(), look()].map(({ count }) => count ?? 0);
    expect(long.reduce((sum, count) => sum + count, 0)).toBe(2);
  });

  test('bytes of no text, and names and patterns of any kind', () => {
    const { path, look } = looked(shell, {
      patterns: ["it's \\$HOME [0-9]+", '-e'],
      ignore: ['-v harmless'],
      ignoreCase: true,
    });
    writeFileSync(path, Buffer.from("IT'S $home 12 \u00ff\n\u0000x -E\n-v HARMLESS -e\nplain\n", 'latin1'));
    expect(look()).toMatchObject({ count: 2 });
  });

  test('from its end on, unless the first run begins at the beginning', () => {
    const { path, look } = looked(shell, { first: 'end' });
    writeFileSync(path, 'ERROR old\n');
    expect(look()).toMatchObject({ state: 'pass', message: `${path} is looked at from its end on, from the next run` });
    appendFileSync(path, 'ERROR new\n');
    expect(look()).toMatchObject({ count: 1, details: ['ERROR new'] });
  });

  test('not there, no file, a bad pattern', () => {
    const { path, look } = looked(shell);
    expect(look()).toMatchObject({ state: 'fail', message: `there is no ${path}` });
    expect(probedAndJudged(log, { path, patterns: ['x'], missing: 'pass' }, { shell }).state).toBe('pass');
    expect(probedAndJudged(log, { path: folder, patterns: ['x'] }, { shell }).state).toBe('error');
    writeFileSync(path, 'x\n');
    expect(probedAndJudged(log, { path, patterns: ['x', '(a'] }, { shell })).toMatchObject({ state: 'error' });
    expect(probedAndJudged(log, { path, patterns: ['x'], ignore: ['(a'] }, { shell }).state).toBe('error');
    unlinkSync(path);
    execFileSync('mkfifo', [path]);
    expect(look().state).toBe('error');
  });
});

describe('log', () => {
  const place = 'read 10\nplace 5 10 10 123 20';

  test('what was kept and is damaged counts as nothing', () => {
    const args = log.withSchema.parse({ path: '/l', patterns: ['a', 'b'], ignore: ['c'] });
    expect(log.words(args, { inode: '1; rm', at: 0, headBytes: 0, head: '1 2' }).slice(0, 5)).toEqual([
      '/l',
      '',
      '0',
      '0',
      '',
    ]);
    expect(log.words(args, { inode: 1, at: 2, headBytes: 2, head: '1 2' })).toEqual([
      '/l',
      '1',
      '2',
      '2',
      '1 2',
      'end',
      String(64 * 1024 * 1024),
      '0',
      '2',
      'a',
      'b',
      'c',
    ]);
  });

  test('a pattern that must be found', () => {
    expect(judged(log, { path: '/l', patterns: ['done'], warn: '1:' }, `how on\nmatched 0\n${place}`).state).toBe(
      'warn',
    );
    expect(judged(log, { path: '/l', patterns: ['done'], fail: 5 }, `how on\nmatched 6\n${place}`).state).toBe('fail');
  });

  test.each([
    '',
    'how on',
    `how on\nmatched x\n${place}`,
    `matched 1\n${place}`,
    'how on\nmatched 1\nread 5\nplace 1 2',
  ])('%j is an error', (lines) => {
    expect(judged(log, { path: '/l', patterns: ['x'] }, lines).state).toBe('error');
  });
});

describe('what cannot be followed', () => {
  test('numbers of files beyond what a double tells apart', () => {
    const args = { path: '/l', patterns: ['a'] };
    const answer = 'how on\nmatched 0\nread 10\nplace 13835058055282163713 10 10 123 20';
    const { keep } = judged(log, args, answer);
    expect(log.words(log.withSchema.parse(args), keep).slice(0, 3)).toEqual(['/l', '13835058055282163713', '10']);
  });

  test('what was kept and is not understood is told', () => {
    const answer = 'how first\nread 0\nplace 5 10 10 123 20';
    const args = { path: '/l', patterns: ['a'] };
    expect(judged(log, args, answer).state).toBe('pass');
    expect(judged(log, args, answer, { kept: { place: 7 } })).toMatchObject({
      state: 'warn',
      message: expect.stringContaining('what was kept of the last run is not understood'),
      keep: { inode: '5' },
    });
  });
});
