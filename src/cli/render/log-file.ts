import { closeSync, constants, fstatSync, openSync, readdirSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type Clock, isoTime } from '../../core/clock.ts';
import { errnoOf, messageOf, usageError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import { plainLines } from '../../core/plain-text.ts';
import type { Redactor } from '../../core/redaction.ts';
import { perRun, plainSink } from './plain.ts';

/** The log of `--log-file`: appended lines with UTC time and process id, redacted; whole lines by one write each. */
export interface LogFile {
  line(words: string): void;
  /** Tells run events in the words of the plain renderer. */
  sink: EventSink;
  close(): void;
}

/** How often a running command looks whether its log was rotated away. */
const lookEveryMs = 1000;

/**
 * Opens a log whose name may hold `%Y`, `%m`, `%d`, `%H`, `%M` (local time, as in strftime(3); `%%` is a percent sign): each
 * line goes to the file of its time. A file that logrotate moved away is opened anew. `keep`: of the files that fit the
 * name only so many newest stay. `onLost` is told, once, that lines are lost: the command goes on without them.
 * @throws OaopsError `log-file-unwritable`, `log-keep-useless` (exit 2)
 */
export function openLogFile(
  pattern: string,
  clock: Clock,
  redactor: Pick<Redactor, 'redact'>,
  options: { keep?: number | undefined; onLost?: (message: string) => void } = {},
): LogFile {
  const nameNow = () => expand(pattern, new Date(clock.nowMs()));
  if (options.keep !== undefined && expand(basename(pattern), new Date(0)) === basename(pattern))
    throw usageError('log-keep-useless', `the log file ${pattern} is always the same one`, {
      next: 'Write a name with a date, such as oaops-%Y-%m-%d.log, for --log-keep.',
    });
  let name = nameNow();
  let fd = open(name);
  removeOld(pattern, options.keep);
  let lookedMs = clock.monotonicMs();
  let lost = false;
  const reopened = () => {
    const wanted = nameNow();
    const nowMs = clock.monotonicMs();
    if (wanted === name && nowMs - lookedMs < lookEveryMs) return;
    lookedMs = nowMs;
    if (wanted === name && isSameFile(fd, name)) return;
    const next = open(wanted);
    closeSync(fd);
    fd = next;
    if (wanted !== name) removeOld(pattern, options.keep);
    name = wanted;
  };
  const line = (words: string) => {
    const stamp = `${isoTime(clock.nowMs())} ${process.pid} `;
    try {
      reopened();
      writeSync(fd, `${plainLines(stripVTControlCharacters(redactor.redact(words))).replace(/^/gm, stamp)}\n`);
    } catch (error) {
      // A full disk under the log must not stop the work that is being logged.
      if (!lost) options.onLost?.(`the log file ${name} cannot be written, lines are lost: ${messageOf(error)}`);
      lost = true;
    }
  };
  return {
    line,
    sink: perRun(() => plainSink({ lang: 'en', color: false, unicode: false }, { verbose: true }, line)),
    close: () => closeSync(fd),
  };
}

function open(path: string): number {
  try {
    // O_APPEND: two processes may share a log, and logrotate's copytruncate works. 0640: syslog's own habit.
    return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o640);
  } catch (error) {
    throw usageError('log-file-unwritable', `cannot open the log file ${path}: ${messageOf(error)}`, {
      next: errnoOf(error) === 'ENOENT' ? 'Create its folder first.' : 'Name a file that this user may write.',
      details: { path },
    });
  }
}

function isSameFile(fd: number, path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  const ours = fstatSync(fd);
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

const fields: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getFullYear()).padStart(4, '0'),
  m: (date) => two(date.getMonth() + 1),
  d: (date) => two(date.getDate()),
  H: (date) => two(date.getHours()),
  M: (date) => two(date.getMinutes()),
  '%': () => '%',
};

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function expand(pattern: string, date: Date): string {
  return pattern.replace(/%(.)/g, (whole, letter: string) => fields[letter]?.(date) ?? whole);
}

/** Only files whose whole name the pattern could have made, by its last part; the newest by their time stay. */
function removeOld(pattern: string, keep: number | undefined): void {
  if (keep === undefined) return;
  const dir = expand(dirname(pattern), new Date());
  const digits: Readonly<Record<string, string>> = {
    Y: '\\d{4}',
    m: '\\d\\d',
    d: '\\d\\d',
    H: '\\d\\d',
    M: '\\d\\d',
    '%': '%',
  };
  const source = basename(pattern).replace(/%(.)|[.*+?^${}()|[\]\\]/g, (whole, letter?: string) =>
    letter === undefined ? `\\${whole}` : (digits[letter] ?? whole),
  );
  const fits = new RegExp(`^${source}$`);
  try {
    const files = readdirSync(dir)
      .filter((file) => fits.test(file))
      .map((file) => ({ path: join(dir, file), stat: statSync(join(dir, file), { throwIfNoEntry: false }) }))
      .filter(({ stat }) => stat?.isFile())
      .sort((a, b) => b.stat!.mtimeMs - a.stat!.mtimeMs || (a.path < b.path ? 1 : -1));
    for (const { path } of files.slice(keep)) unlinkSync(path);
  } catch {
    // Old logs in the way are no reason not to work.
  }
}
