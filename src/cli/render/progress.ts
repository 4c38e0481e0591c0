import type { Clock } from '../../core/clock.ts';
import { oneLine } from '../../core/plain-text.ts';
import type { ProgressScreen, WorkProgress } from '../../core/progress.ts';
import { count, formatDuration, formatSize } from '../../core/units.ts';
import { type LiveTerminal, liveFrame } from './live-frame.ts';
import { clip, displayWidth } from './width.ts';

const redrawEveryMs = 200;

/**
 * Progress as a few lines of a terminal that are written over; nothing elsewhere, so that cron mail and pipes are not
 * flooded. Lines are cut to the width of the terminal.
 */
export function progressScreen(options: {
  stream: LiveTerminal;
  clock: Clock;
  /** Puts oaops' words into the user's language. */
  say: (english: string) => string;
  /** False with --quiet and --json. */
  on: boolean;
  dumb?: boolean;
}): ProgressScreen & Disposable {
  const { stream, clock, say } = options;
  // After an error, work that still goes on side by side must not draw over what is told then.
  let on = options.on && stream.isTTY === true && !options.dumb;
  const startedMs = clock.monotonicMs();
  let shownMs = Number.NEGATIVE_INFINITY;
  const frame = liveFrame(stream);
  const clear = () => {
    frame.clear();
    shownMs = Number.NEGATIVE_INFINITY;
  };
  return {
    show(progress) {
      const nowMs = clock.monotonicMs();
      if (!on || nowMs - shownMs < redrawEveryMs) return;
      frame.draw(progressLines(progress, nowMs - startedMs, (stream.columns || 80) - 1, say));
      shownMs = nowMs;
    },
    clear,
    [Symbol.dispose]() {
      on = false;
      clear();
    },
  };
}

/** `1 min 05 s  45 %  1200/2000 files  1.2/3.4 GiB  120.0 MiB/s  20.0 s left`, then what is worked on, then the parts. */
export function progressLines(
  progress: WorkProgress,
  elapsedMs: number,
  columns: number,
  say: (english: string) => string,
): string[] {
  const { bytesDone, bytesTotal, filesDone, filesTotal, problems, current, parts } = progress;
  // Totals are those of the last time: there may be more now, and then nothing is known of the rest.
  const share = bytesTotal && bytesDone <= bytesTotal ? bytesDone / bytesTotal : undefined;
  const rate = elapsedMs >= 1000 ? (bytesDone / elapsedMs) * 1000 : 0;
  const leftMs = share !== undefined && rate > 0 ? ((bytesTotal! - bytesDone) / rate) * 1000 : undefined;
  const facts = [
    formatDuration(Math.floor(elapsedMs / 1000) * 1000)
      .replace(/^0 ms$/, '0 s')
      .replace(/\.0 s$/, ' s'),
    ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`]),
    ...(filesDone === undefined
      ? []
      : [
          say(
            filesTotal && filesDone <= filesTotal
              ? `${filesDone}/${count(filesTotal, 'file')}`
              : count(filesDone, 'file'),
          ),
        ]),
    share === undefined ? formatSize(bytesDone) : `${formatSize(bytesDone)}/${formatSize(bytesTotal!)}`,
    ...(rate > 0 ? [`${formatSize(Math.round(rate))}/s`] : []),
    ...(leftMs === undefined || leftMs < 1000 ? [] : [say(`${formatDuration(Math.round(leftMs / 1000) * 1000)} left`)]),
    ...(problems ? [say(count(problems, 'problem'))] : []),
  ];
  return [
    clip(facts.join('  '), columns),
    ...(current ? [`  ${middle(oneLine(current), columns - 2)}`] : []),
    ...(parts?.() ?? []).map((part) => `  ${clip(say(oneLine(part)), columns - 2)}`),
  ];
}

/** Beginning and end of a path: its name says most, and where it lies second. */
function middle(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  const head = clip(text, Math.floor(columns / 3));
  const room = columns - displayWidth(head);
  const signs = [...text];
  let tail = '';
  for (let i = signs.length - 1; i >= 0; i--) {
    if (displayWidth(signs[i]! + tail) > room) break;
    tail = signs[i]! + tail;
  }
  return head + tail;
}
