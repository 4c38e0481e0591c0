import { closeSync, constants, openSync, writeSync } from 'node:fs';
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

/** @throws OaopsError `log-file-unwritable` (exit 2) */
export function openLogFile(path: string, clock: Clock, redactor: Pick<Redactor, 'redact'>): LogFile {
  let fd: number;
  try {
    // O_APPEND: two processes may share a log, and logrotate's copytruncate works. 0640: syslog's own habit.
    fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o640);
  } catch (error) {
    throw usageError('log-file-unwritable', `cannot open the log file ${path}: ${messageOf(error)}`, {
      next: errnoOf(error) === 'ENOENT' ? 'Create its folder first.' : 'Name a file that this user may write.',
      details: { path },
    });
  }
  const line = (words: string) => {
    const stamp = `${isoTime(clock.nowMs())} ${process.pid} `;
    try {
      writeSync(fd, `${plainLines(stripVTControlCharacters(redactor.redact(words))).replace(/^/gm, stamp)}\n`);
    } catch {
      // A full disk under the log must not stop the work that is being logged.
    }
  };
  return {
    line,
    sink: perRun(() => plainSink({ lang: 'en', color: false, unicode: false }, { verbose: true }, line)),
    close: () => closeSync(fd),
  };
}
