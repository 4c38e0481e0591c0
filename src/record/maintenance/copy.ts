import { once } from 'node:events';
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
} from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { compactTime } from '../../core/ids.ts';
import { canonicalJson } from '../../core/json.ts';
import type { Tables } from '../db/tables.ts';
import type { OpenedRecord } from '../open.ts';
import { fsyncDir, fsyncFile } from './durable.ts';

const format = 'oaops-record';
const formatVersion = 1;

/** Every table with the column that orders it. Locks are left out: their owners are not where a copy goes. */
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
 * @throws OaopsError `record-copy-exists` (exit 2)
 */
export async function backupRecord(record: OpenedRecord, out: string): Promise<CopyResult> {
  if (record.database.dialect === 'postgres') return exportRecord(record, out);
  refuseExisting(out);
  const { copySqlite } = await import('../db/sqlite.ts');
  const temporary = `${out}.${process.pid}.tmp`;
  try {
    await copySqlite(record.place, temporary);
    publish(temporary, out);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return { path: out, form: 'sqlite' };
}

/**
 * The whole record as lines of JSON, the same from both databases: for other programs, and to move a record from one
 * database to the other with `oaops record restore`.
 */
export async function exportRecord(record: OpenedRecord, out: string): Promise<CopyResult> {
  refuseExisting(out);
  const temporary = `${out}.${process.pid}.tmp`;
  const stream = createWriteStream(temporary, { flags: 'wx', mode: 0o600 });
  const write = async (value: unknown) => {
    if (!stream.write(`${canonicalJson(value)}\n`)) await once(stream, 'drain');
  };
  let rows = 0;
  try {
    await write({ format, formatVersion, record: record.id });
    await record.database.snapshot(async (db) => {
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
          for (const row of chunk) await write({ table, row });
          rows += chunk.length;
          offset += chunk.length;
          if (chunk.length < 500) break;
        }
      }
    });
    await write({ end: rows });
    stream.end();
    await finished(stream);
    publish(temporary, out);
  } catch (error) {
    stream.destroy();
    rmSync(temporary, { force: true });
    throw error;
  }
  return { path: out, form: 'lines', rows };
}

/** True for a file of `backupRecord` that is an SQLite database. */
export function isSqliteFile(path: string): boolean {
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
  let kept: string | undefined;
  if (existsSync(path)) {
    kept = `${path}.replaced-${compactTime(nowMs)}`;
    // The log belongs to the old file: beside the new one it would be played into it.
    for (const suffix of ['-wal', '-shm', '']) if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix);
  }
  renameSync(fresh, path);
  fsyncDir(dirname(path));
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
        if (!Object.hasOwn(tables, table) || end !== undefined) throw invalid(path, count + 2);
        await db
          .insertInto(table)
          .values(value['row'] as Tables[TableName])
          .execute();
      }
      count += 1;
    }
    if (end !== count)
      throw new OaopsError('record-copy-invalid', `${path} is cut off: it ends after ${Math.max(count, 0)} rows`, {
        exitCode: 2,
      });
    return count;
  });
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

function invalid(path: string, line: number): OaopsError {
  return usageError('record-copy-invalid', `${path}:${line} is not a line of a record's export`, {
    next: 'Copies are made with "oaops record backup" or "oaops record export".',
  });
}

function refuseExisting(out: string): void {
  if (existsSync(out))
    throw usageError('record-copy-exists', `${out} exists already`, {
      next: 'Name another file; copies are never overwritten.',
    });
}

function publish(temporary: string, out: string): void {
  fsyncFile(temporary);
  renameSync(temporary, out);
  fsyncDir(dirname(out));
}
