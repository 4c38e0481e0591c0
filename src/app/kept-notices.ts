import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Notice, parseNotice } from '../calendar/notice.ts';
import { writeFileDurable } from '../core/durable-file.ts';
import { errnoOf, messageOf, OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { makeOwnDir } from '../core/private-dir.ts';

/** A notice has some 4 KB; whatever is much larger, or never ends, is none. */
const maxNoticeBytes = 1_048_576;

/**
 * A notice that a user names.
 * @throws OaopsError `file-unreadable`, `notice-invalid` (exit 2), `notice-empty` (exit 4)
 */
export function readNotice(file: string): Notice {
  let text: string | undefined;
  try {
    text = readUpTo(file, maxNoticeBytes);
  } catch (error) {
    const reason = errnoOf(error) === 'EISDIR' ? 'it is a folder' : messageOf(error);
    const message = errnoOf(error) === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read: ${reason}`;
    const next = 'Name the file of the notice, one that this user may read.';
    throw usageError('file-unreadable', message, { next, cause: error });
  }
  if (text !== undefined) return parseNotice(file, text);
  throw usageError('notice-invalid', `${file} is larger than ${maxNoticeBytes} bytes, which no notice is`, {
    next: 'Name the file of one year.',
  });
}

/**
 * Keeps a notice for all commands of this machine.
 * @throws OaopsError `state-folder-unwritable`, `notice-not-kept`: what was kept before still stands
 */
export function keepNotice(stateDir: string, { year, off, work }: Notice): void {
  const folder = folderIn(stateDir);
  makeOwnDir(folder, 'state');
  const day = (isOffDay: boolean) => (date: string) => ({ name: '', date, isOffDay });
  const days = [...off.map(day(true)), ...work.map(day(false))];
  try {
    writeFileDurable(join(folder, nameOf(year)), `${JSON.stringify({ year, days })}\n`);
  } catch (error) {
    throw new OaopsError('notice-not-kept', `the notice of ${year} cannot be kept in ${folder}: ${messageOf(error)}`, {
      next: 'See to that folder and its disk and import it again; until then all is as it was before.',
      cause: error,
    });
  }
}

/**
 * Notices that were imported, by year. One that cannot be read is not passed over: it may correct a year that is built in.
 * @throws OaopsError `calendar-unreadable` (exit 4): which days are worked is not known
 */
export function keptNotices(stateDir: string): Map<number, Notice> {
  const folder = folderIn(stateDir);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return new Map();
    throw unreadable(`the imported notices in ${folder} cannot be read: ${messageOf(error)}`, error);
  }
  const years = names.flatMap((name) => /^china-(\d{4})\.json$/.exec(name)?.[1] ?? []);
  return new Map(years.map(Number).map((year) => [year, keptNotice(join(folder, nameOf(year)), year)]));
}

function keptNotice(path: string, year: number): Notice {
  let notice: Notice;
  try {
    notice = parseNotice(path, readFileSync(path, 'utf8'));
  } catch (error) {
    throw unreadable(`the imported notice of ${year} cannot be read: ${messageOf(error)}`, error);
  }
  if (notice.year !== year) throw unreadable(`${path} holds the notice of ${notice.year}`);
  return notice;
}

function unreadable(message: string, cause?: unknown): OaopsError {
  return new OaopsError('calendar-unreadable', message, {
    exitCode: ExitCode.refused,
    next: 'Give this user the right to read it, or import the notice again with "oaops calendar import FILE".',
    cause,
  });
}

/** undefined: the file is larger. */
function readUpTo(file: string, maxBytes: number): string | undefined {
  const bytes = Buffer.alloc(maxBytes + 1);
  const fd = openSync(file, 'r');
  try {
    let length = 0;
    for (let count = 1; count > 0 && length < bytes.length; length += count)
      count = readSync(fd, bytes, length, bytes.length - length, null);
    return length > maxBytes ? undefined : bytes.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
}

function folderIn(stateDir: string): string {
  return join(stateDir, 'calendar');
}

function nameOf(year: number): string {
  return `china-${year}.json`;
}
