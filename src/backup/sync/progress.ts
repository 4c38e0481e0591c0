import type { Clock } from '../../core/clock.ts';
import { count, formatDuration, formatSize } from '../../core/units.ts';
import type { SyncProgress } from './sync-legs.ts';

/**
 * Shows how a sync goes: one line that is written over in a terminal, a line a minute elsewhere, lines of JSON on stderr with
 * `json`, nothing with `quiet`.
 */
export function progressLine(options: {
  json: boolean;
  quiet: boolean;
  clock: Clock;
  say: (english: string) => string;
}): { show: (progress: SyncProgress) => void; end: () => void; [Symbol.dispose](): void } {
  const { clock, json, quiet, say } = options;
  const isTty = process.stderr.isTTY === true;
  const everyMs = json ? 1000 : isTty ? 200 : 60_000;
  const startedMs = clock.monotonicMs();
  let shownMs = startedMs;
  let line = false;
  const end = () => {
    if (line) process.stderr.write('\r\x1b[K');
    line = false;
  };
  const show = (progress: SyncProgress) => {
    const nowMs = clock.monotonicMs();
    if (quiet || nowMs - shownMs < everyMs) return;
    shownMs = nowMs;
    if (json) return void process.stderr.write(`${JSON.stringify({ event: 'progress', ...progress })}\n`);
    const text = say(progressText(progress, nowMs - startedMs));
    process.stderr.write(isTty ? `\r\x1b[K${text}` : `${text}\n`);
    line = isTty;
  };
  return { show, end, [Symbol.dispose]: end };
}

/** The time left is that of the snapshots looked at so far; those before them are not known yet. */
function progressText(progress: SyncProgress, elapsedMs: number): string {
  const { snapshotsDone, snapshots, bytesDone, bytes } = progress;
  const rate = elapsedMs > 0 ? (bytesDone / elapsedMs) * 1000 : 0;
  const left = rate > 0 ? `  ${formatDuration(((bytes - bytesDone) / rate) * 1000)}` : '';
  return `${snapshotsDone}/${count(snapshots, 'snapshot')}  ${formatSize(bytesDone)}/${formatSize(bytes)}  ${formatSize(rate)}/s${left}`;
}
