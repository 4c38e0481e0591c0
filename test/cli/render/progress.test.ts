import fc from 'fast-check';
import { expect, test } from 'vitest';
import { progressLines, progressScreen } from '../../../src/cli/render/progress.ts';
import { displayWidth } from '../../../src/cli/render/width.ts';
import { systemClock } from '../../../src/core/clock.ts';

const say = (english: string) => english;
const GiB = 1024 ** 3;

test('what is known is told: share, files, bytes, rate, time left, what is worked on, and how the legs fare', () => {
  const progress = {
    bytesDone: 1.5 * GiB,
    bytesTotal: 3 * GiB,
    filesDone: 1200,
    filesTotal: 2000,
    problems: 1,
    current: '/srv/oa/contracts/2026/a.docx',
    parts: () => ['local: 400.0 MiB', 's3://oa/main: failed'],
  };
  expect(progressLines(progress, 15_000, 119, say)).toEqual([
    '15 s  50 %  1200/2000 files  1.5 GiB/3.0 GiB  102.4 MiB/s  15.0 s left  1 problem',
    '  /srv/oa/contracts/2026/a.docx',
    '  local: 400.0 MiB',
    '  s3://oa/main: failed',
  ]);
  // The first time, and when there is more than last time, nobody knows how much is left.
  expect(progressLines({ bytesDone: GiB, filesDone: 1 }, 2000, 79, say)).toEqual(['2 s  1 file  1.0 GiB  512.0 MiB/s']);
  expect(progressLines({ bytesDone: 2 * GiB, bytesTotal: GiB, filesDone: 9, filesTotal: 3 }, 500, 79, say)).toEqual([
    '0 s  9 files  2.0 GiB',
  ]);
});

test('no line is wider than the terminal, nor drives it, whatever the names are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 20, max: 200 }), (name, columns) => {
      const lines = progressLines(
        { bytesDone: 1, filesDone: 1, current: `/${name}`, parts: () => [name] },
        5000,
        columns,
        say,
      );
      for (const line of lines) {
        expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }
    }),
    { verbose: true },
  );
  const [, path] = progressLines({ bytesDone: 1, current: `/srv/${'deep/'.repeat(40)}file.txt` }, 0, 60, say);
  expect(path).toMatch(/^ {2}\/srv\/deep.*….*deep\/file\.txt$/);
});

test('a pipe gets nothing, a terminal a frame five times a second at most, and clear takes all its lines away', () => {
  const written: string[] = [];
  let nowMs = 0;
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const draw = (isTTY: boolean, on = true) => {
    written.length = 0;
    const screen = progressScreen({
      stream: { isTTY, columns: 80, write: (text) => written.push(text) },
      clock,
      say,
      on,
    });
    for (let i = 0; i < 1000; i++) {
      nowMs += 1;
      screen.show({ bytesDone: i, current: '/a', parts: () => ['leg'] });
    }
    screen.clear();
    return written.length;
  };
  expect(draw(false)).toBe(0);
  expect(draw(true, false)).toBe(0);
  expect(draw(true)).toBe(6);
  expect(written[0]).toContain('leg');
  expect(written.at(-1)).toBe('\r \u001b[J\r');
});

test('work that goes on beside the one that failed draws nothing over what is told about it', () => {
  let written = '';
  const stream = { isTTY: true, columns: 80, write: (text: string) => (written += text) };
  const screen = progressScreen({ stream, clock: systemClock, say, on: true });
  screen.show({ bytesDone: 1 });
  screen[Symbol.dispose]();
  expect(written).not.toBe('');
  written = '';
  screen.show({ bytesDone: 2 });
  expect(written).toBe('');
});
