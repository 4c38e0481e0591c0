import type { Clock } from '../../core/clock.ts';
import type { ProgressScreen } from '../../core/progress.ts';
import { count, formatDuration, formatSize } from '../../core/units.ts';
import type { SyncProgress } from './sync-legs.ts';

/**
 * Shows how a sync goes: on the screen in a terminal, by a line a minute elsewhere, by lines of JSON with `json`, not at all
 * with `quiet`.
 */
export function syncProgress(options: {
  json: boolean;
  quiet: boolean;
  clock: Clock;
  /** Where the lines go. */
  stream: { isTTY?: boolean; write(text: string): unknown };
  screen: ProgressScreen;
  say: (english: string) => string;
}): (progress: SyncProgress) => void {
  const { clock, json, quiet, stream, screen, say } = options;
  const everyMs = json ? 1000 : 60_000;
  const startedMs = clock.monotonicMs();
  let shownMs = startedMs;
  return (progress) => {
    if (stream.isTTY && !json) {
      const { bytesDone, bytes, snapshotsDone, snapshots } = progress;
      const parts = () => [`${snapshotsDone}/${count(snapshots, 'snapshot')}`];
      return screen.show({ bytesDone, bytesTotal: bytes, parts });
    }
    const nowMs = clock.monotonicMs();
    if (quiet || nowMs - shownMs < everyMs) return;
    shownMs = nowMs;
    const line = json
      ? JSON.stringify({ event: 'progress', ...progress })
      : progressFacts(progress, nowMs - startedMs)
          .map(say)
          .join('  ');
    stream.write(`${line}\n`);
  };
}

/** The time left is that of the snapshots looked at so far; those before them are not known yet. */
function progressFacts(progress: SyncProgress, elapsedMs: number): string[] {
  const { snapshotsDone, snapshots, bytesDone, bytes } = progress;
  const rate = elapsedMs > 0 ? (bytesDone / elapsedMs) * 1000 : 0;
  return [
    `${snapshotsDone}/${count(snapshots, 'snapshot')}`,
    `${formatSize(bytesDone)}/${formatSize(bytes)}`,
    `${formatSize(Math.round(rate))}/s`,
    ...(rate > 0 ? [formatDuration(Math.round((bytes - bytesDone) / rate) * 1000)] : []),
  ];
}
