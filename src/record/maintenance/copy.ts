import {
  closeSync,
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { compactTime } from '../../core/ids.ts';
import { canonicalJson } from '../../core/json.ts';
import { writeOut } from '../../core/write-out.ts';
import type { Tables } from '../db/tables.ts';
import type { OpenedRecord } from '../open.ts';
import { fsyncDir, fsyncFile } from './durable.ts';
import { restoreFences } from './fences.ts';

const format = 'oaops-record';
const formatVersion = 1;
/** As a name of a file. */
const standardOutput = '-';

/**
 * Every table with the column that orders it. Locks are left out: their owners are not where a copy goes. Their fences come
 * back from the chain.
 */
const tables = {
  meta: 'key',
  chain_head: 'id',
  audit: 'seq',
  audit_segments: 'number',
  runs: 'id',
  plans: 'run_id',
  journal: 'seq',
  run_inputs: 'seq',
  facts: 'seq',
} as const;
type TableName = keyof typeof tables;

export interface CopyResult {
  path: string;
  form: 'sqlite' | 'lines';
  rows?: number;
}

/**
 * A copy that can be put back, of one moment, while others go on writing: an SQLite file made by SQLite's online backup,
 * or from PostgreSQL the lines of `exportRecord`.
 * @throws OaopsError `record-copy-exists`, `record-copy-stdout` (exit 2), `record-copy-not-written`
 */
export async function backupRecord(record: OpenedRecord, out: string): Promise<CopyResult> {
  if (record.database.dialect === 'postgres') return exportRecord(record, out);
  if (out === standardOutput)
    throw usageError('record-copy-stdout', 'a database file cannot be written to standard output', {
      next: 'Name a file, or use "oaops record export -".',
    });
  const { copySqlite } = await import('../db/sqlite.ts');
  await writeBeside(out, (temporary) => copySqlite(record.place, temporary));
  return { path: out, form: 'sqlite' };
}

/**
 * The whole record as lines of JSON, the same from both databases: for other programs, and to move a record from one
 * database to the other with `oaops record restore`. `-` is standard output.
 * @throws OaopsError `record-copy-exists` (exit 2), `record-copy-not-written`
 */
export async function exportRecord(
  record: OpenedRecord,
  out: string,
  stdout: Writable = process.stdout,
): Promise<CopyResult> {
  if (out === standardOutput) {
    // A reader that went away is not an error; what else is wrong with standard output is told by who opened it.
    const rows = await writeLines(record, stdout);
    return { path: out, form: 'lines', ...(rows === undefined ? {} : { rows }) };
  }
  let rows = 0;
  await writeBeside(out, async (temporary) => {
    const stream = createWriteStream(temporary, { flags: 'wx', mode: 0o600 });
    // Listened to from the first moment on: a failure between two writes would end the process.
    const failed = new Promise<never>((_, reject) => stream.once('error', reject));
    failed.catch(() => undefined);
    const work = writeLines(record, stream).then(async (count) => {
      // Then `failed` tells why.
      if (count === undefined) return failed;
      rows = count;
      stream.end();
      await finished(stream);
    });
    try {
      await Promise.race([work, failed]);
    } finally {
      stream.destroy();
      await work.catch(() => undefined);
    }
  });
  return { path: out, form: 'lines', rows };
}

/** The lines of one moment; a lost connection is not tried again, because what was written cannot be taken back. Undefined when the stream failed. */
async function writeLines(record: OpenedRecord, stream: Writable): Promise<number | undefined> {
  const write = (value: unknown) => writeOut(stream, `${canonicalJson(value)}\n`);
  let rows = 0;
  let begun = false;
  const whole = await record.database.snapshot(async (db) => {
    if (begun)
      throw new OaopsError('record-copy-interrupted', 'the connection was lost while the record was copied', {
        next: 'Run again.',
      });
    begun = true;
    if (!(await write({ format, formatVersion, record: record.id }))) return false;
    for (const [table, key] of Object.entries(tables) as [TableName, string][]) {
      for (let offset = 0; ; ) {
        // biome-ignore lint/suspicious/noExplicitAny: one query for tables of every shape
        const chunk: Record<string, unknown>[] = await (db as any)
          .selectFrom(table)
          .selectAll()
          .orderBy(key)
          .limit(500)
          .offset(offset)
          .execute();
        for (const row of chunk) if (!(await write({ table, row }))) return false;
        rows += chunk.length;
        offset += chunk.length;
        if (chunk.length < 500) break;
      }
    }
    return true;
  });
  return whole && (await write({ end: rows })) ? rows : undefined;
}

/** A new file, made under another name beside it, so that a half copy never has the name of a whole one. */
async function writeBeside(out: string, make: (temporary: string) => Promise<void>): Promise<void> {
  if (existsSync(out))
    throw usageError('record-copy-exists', `${out} exists already`, {
      next: 'Name another file; copies are never overwritten.',
    });
  const temporary = `${out}.${process.pid}.tmp`;
  try {
    await make(temporary);
    fsyncFile(temporary);
    renameSync(temporary, out);
    fsyncDir(dirname(out));
  } catch (error) {
    removeTemporary(temporary);
    if (error instanceof OaopsError) throw error;
    throw new OaopsError('record-copy-not-written', `the copy could not be written to ${out}: ${messageOf(error)}`, {
      next: 'Name a file in a folder that exists, can be written and has room.',
      cause: error,
    });
  }
}

function removeTemporary(path: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm'])
    try {
      rmSync(path + suffix, { force: true });
    } catch {
      // What made the copy fail is the better thing to say.
    }
}

/** True for a file of `backupRecord` that is an SQLite database. */
export function isSqliteFile(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false)
    throw usageError('record-copy-unreadable', `${path} is not a file`);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw usageError('record-copy-unreadable', `${path} cannot be read: ${messageOf(error)}`);
  }
  try {
    const head = Buffer.alloc(16);
    readSync(fd, head, 0, 16, 0);
    return head.toString('latin1') === 'SQLite format 3\0';
  } finally {
    closeSync(fd);
  }
}

/**
 * Puts an SQLite copy in the place of the record's file. The record must be closed. The file that was there is kept.
 * @returns the path of the file that was replaced, if there was one
 */
export function replaceSqliteFile(copy: string, path: string, nowMs: number): string | undefined {
  const fresh = `${path}.restoring`;
  copyFileSync(copy, fresh);
  fsyncFile(fresh);
  const kept = setAside(path, nowMs);
  renameSync(fresh, path);
  fsyncDir(dirname(path));
  return kept;
}

/** Gives the record's file and its log another name; undefined when there was nothing. The record must be closed. */
export function setAside(path: string, nowMs: number): string | undefined {
  // The log belongs to the old file: beside the new one it would be played into it.
  const there = ['-wal', '-shm', ''].filter((suffix) => existsSync(path + suffix));
  if (there.length === 0) return undefined;
  let kept = `${path}.replaced-${compactTime(nowMs)}`;
  // Twice in one second: the first one must not be overwritten.
  const taken = (name: string) => ['', '-wal', '-shm'].some((suffix) => existsSync(name + suffix));
  for (let n = 2; taken(kept); n++) kept = `${path}.replaced-${compactTime(nowMs)}-${n}`;
  for (const suffix of there) renameSync(path + suffix, kept + suffix);
  return kept;
}

/**
 * Replaces everything in the record by the lines of an export, in one transaction: whole or not at all.
 * @throws OaopsError `record-copy-invalid` (exit 2)
 */
export async function importLines(record: OpenedRecord, path: string): Promise<number> {
  return record.database.writeUnchained(async (db) => {
    for (const table of Object.keys(tables) as TableName[]) await db.deleteFrom(table).execute();
    let count = -1;
    let end: number | undefined;
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      const value = parseLine(line, path, count + 2);
      if (count === -1) {
        if (value['format'] !== format || value['formatVersion'] !== formatVersion) throw invalid(path, 1);
      } else if (typeof value['end'] === 'number') {
        end = value['end'];
        continue;
      } else {
        const table = String(value['table']) as TableName;
        const row = value['row'];
        if (!Object.hasOwn(tables, table) || end !== undefined || !isRow(row)) throw invalid(path, count + 2);
        try {
          await db
            .insertInto(table)
            .values(row as unknown as Tables[TableName])
            .execute();
        } catch (error) {
          if (isOfData(error)) throw invalid(path, count + 2, messageOf(error));
          throw error;
        }
      }
      count += 1;
    }
    if (end !== count)
      throw new OaopsError('record-copy-invalid', `${path} is cut off: it ends after ${Math.max(count, 0)} rows`, {
        exitCode: 2,
      });
    const head = await db.selectFrom('chain_head').select('id').where('id', '=', 1).executeTakeFirst();
    const id = await db.selectFrom('meta').select('key').where('key', '=', 'record_id').executeTakeFirst();
    if (!head || !id)
      throw usageError('record-copy-invalid', `${path} lacks the ${head ? 'id of the record' : 'head of the chain'}`, {
        next: 'Take another copy.',
      });
    await restoreFences(db);
    return count;
  });
}

/** Columns by name with values that both databases can store. */
function isRow(row: unknown): row is Record<string, string | number | null> {
  if (row === null || typeof row !== 'object' || Array.isArray(row)) return false;
  const values = Object.values(row);
  return (
    values.length > 0 &&
    values.every((value) => value === null || typeof value === 'string' || Number.isSafeInteger(value))
  );
}

/** True when the database refused the row itself: a column it has not, a key that is there, a value it cannot hold. */
function isOfData(error: unknown): boolean {
  const code = errnoOf(error) ?? '';
  // Classes 22, 23 and 42 of PostgreSQL (Appendix A); SQLITE_ERROR is an unknown column.
  return (
    code === 'SQLITE_ERROR' || /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(code) || /^(22|23|42)[0-9A-Z]{3}$/.test(code)
  );
}

function parseLine(line: string, path: string, number: number): Record<string, unknown> {
  try {
    const value = JSON.parse(line);
    if (value !== null && typeof value === 'object') return value;
  } catch {
    // Said below.
  }
  throw invalid(path, number);
}

function invalid(path: string, line: number, why?: string): OaopsError {
  return usageError(
    'record-copy-invalid',
    `${path}:${line} is not a line of a record's export${why ? `: ${why}` : ''}`,
    {
      next: 'Copies are made with "oaops record backup" or "oaops record export".',
    },
  );
}
