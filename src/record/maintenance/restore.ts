import { errnoOf, OaopsError, usageError } from '../../core/errors.ts';
import { type OpenedRecord, openRecord, type RecordOptions } from '../open.ts';
import type { AuditVerdict } from '../types.ts';
import { importLines, isSqliteFile, replaceSqliteFile, setAside } from './copy.ts';

export interface RestoreResult {
  /** The file that was replaced, kept beside the new one. */
  replaced?: string;
  place: string;
  verdict: AuditVerdict;
}

/**
 * Puts a copy of the record back. A record that holds anything is replaced only when `confirmed`; one that a living
 * process works on never is. The chain of the copy is verified afterwards, and the restoring is a row of it.
 * @throws OaopsError `record-not-empty` (exit 4), `record-in-use` (exit 11), `record-copy-invalid` (exit 2)
 */
export async function restoreRecord(options: RecordOptions, copy: string, confirmed: boolean): Promise<RestoreResult> {
  const sqliteCopy = isSqliteFile(copy);
  if (sqliteCopy && options.url !== undefined) {
    throw usageError('record-copy-invalid', `${copy} is an SQLite file, and the record is on PostgreSQL`, {
      next: 'Make the copy with "oaops record export" instead.',
    });
  }
  if (sqliteCopy) (await import('../db/sqlite.ts')).checkSqliteCopy(copy);
  let replaced: string | undefined;
  let live = await openLive(options);
  if (!live && !sqliteCopy) {
    replaced = setAside(await recordPath(options), options.clock.nowMs());
    live = await openRecord({ ...options, anew: true });
  }
  if (live) {
    try {
      await refuseLive(live, confirmed);
      if (!sqliteCopy) await importLines(live, copy);
    } finally {
      await live.close();
    }
  }
  if (sqliteCopy) {
    replaced = replaceSqliteFile(copy, await recordPath(options), options.clock.nowMs());
  }
  const record = await openRecord(options);
  try {
    const verdict = await record.audit.verify();
    await record.database.write(async (tx) => {
      await tx.audit({
        action: 'record.restored',
        subject: record.id,
        details: { rows: verdict.rows, state: verdict.state },
      });
    });
    return { place: record.place, verdict, ...(replaced === undefined ? {} : { replaced }) };
  } finally {
    await record.close();
  }
}

/** The record as it is, or undefined when its file is so damaged that only a new one helps. */
async function openLive(options: RecordOptions): Promise<OpenedRecord | undefined> {
  try {
    return await openRecord(options);
  } catch (error) {
    if (options.url === undefined && ['record-corrupt', 'record-emptied'].includes(errnoOf(error) ?? ''))
      return undefined;
    throw error;
  }
}

async function recordPath(options: RecordOptions): Promise<string> {
  const { prepareRecordFile } = await import('../db/sqlite.ts');
  return prepareRecordFile(options.stateDir!, options.fileSystemType, 'take');
}

async function refuseLive(live: OpenedRecord, confirmed: boolean): Promise<void> {
  const busy = (await live.locks.list()).find((row) => live.locks.stateOf(row) !== 'gone');
  if (busy) {
    throw new OaopsError(
      'record-in-use',
      `the record is in use: ${busy.owner.purpose} (pid ${busy.owner.pid} on ${busy.owner.hostname})`,
      { exitCode: 11, next: 'Wait until it ends, or break its lock when you are sure that it is gone.' },
    );
  }
  const { seq } = await live.audit.head();
  // A new record holds one row: that it was made.
  if (seq > 1 && !confirmed) {
    throw new OaopsError(
      'record-not-empty',
      `the record at ${live.place} holds ${seq} audit rows, which the copy would replace`,
      { exitCode: 4, next: 'Add "--confirm record" to replace it.' },
    );
  }
}
