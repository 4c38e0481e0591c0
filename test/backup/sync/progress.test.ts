import { expect, test } from 'vitest';
import { syncProgress } from '../../../src/backup/sync/progress.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { WorkProgress } from '../../../src/core/progress.ts';

const progress = { snapshotsDone: 1, snapshots: 3, objectsDone: 7, bytesDone: 1024, bytes: 4096 };

function shown(options: { isTTY?: boolean; json?: boolean; quiet?: boolean }) {
  const lines: string[] = [];
  const seen: WorkProgress[] = [];
  let nowMs = 0;
  const show = syncProgress({
    json: options.json ?? false,
    quiet: options.quiet ?? false,
    clock: { ...systemClock, monotonicMs: () => nowMs },
    stream: { isTTY: options.isTTY ?? false, write: (text) => lines.push(text) },
    screen: { show: (work) => seen.push(work), clear: () => {} },
    say: (english) => english,
  });
  for (; nowMs < 120_000; nowMs += 100) show(progress);
  return { lines, seen };
}

test('in a terminal a sync is shown on the screen, below what others write, and writes no lines of its own', () => {
  const { lines, seen } = shown({ isTTY: true });
  expect(lines).toEqual([]);
  expect(seen[0]).toMatchObject({ bytesDone: 1024, bytesTotal: 4096 });
  expect(seen[0]!.parts!()).toEqual(['1/3 snapshots']);
});

test('elsewhere it is told by a line a minute, with --json by one a second, with --quiet not at all', () => {
  expect(shown({})).toEqual({ lines: ['1/3 snapshots  1.0 KiB/4.0 KiB  17 B/s  3 min 00 s\n'], seen: [] });
  const { lines, seen } = shown({ json: true, isTTY: true });
  expect(lines).toHaveLength(119);
  expect(JSON.parse(lines[0]!)).toEqual({ event: 'progress', ...progress });
  expect(seen).toEqual([]);
  expect(shown({ quiet: true })).toEqual({ lines: [], seen: [] });
});
