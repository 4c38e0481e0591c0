import { chmodSync, closeSync, existsSync, openSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { type DatabaseConnection, Kysely, SqliteAdapter, SqliteDialect, SqliteDriver } from 'kysely';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import { makePrivateDir } from '../../core/private-dir.ts';
import { migrationTable } from './migrate.ts';
import { migrations } from './migrations.ts';
import type { Tables } from './tables.ts';

/** Below the state folder: a folder of its own, so that its mode can be 0700 whatever the mode of the state folder. */
export const recordFile = 'record/record.db';

/**
 * How long SQLite itself waits for another writer, in milliseconds. Short, because it blocks the whole process while it
 * waits; the writer queue waits longer, without blocking.
 */
const busyTimeoutMs = 200;

/** f_type of statfs(2) of file systems whose locks SQLite must not rely on, and whose memory maps WAL cannot share. */
const networkFileSystems = new Map<number, string>([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
]);

/** Name of the network file system with this f_type, or undefined when it is a local one. */
export function networkFileSystem(type: number): string | undefined {
  return networkFileSystems.get(type >>> 0);
}

/**
 * Makes the folder of the record (0700) when it is missing and says where the file lies.
 * @throws OaopsError `state-on-network` (exit 2): WAL needs shared memory, which no network file system has;
 *   `record-not-writable`, `record-emptied`
 */
export function prepareRecordFile(
  stateDir: string,
  fileSystemType: (dir: string) => number = (dir) => statfsSync(dir).type,
  emptied: 'refuse' | 'take' = 'refuse',
): string {
  const path = join(stateDir, recordFile);
  const dir = join(path, '..');
  const wasHere = existsSync(dir);
  makeRecordDir(dir, stateDir);
  const network = networkFileSystem(fileSystemType(dir));
  if (network) {
    throw new OaopsError('state-on-network', `the state folder ${stateDir} is on ${network}, where SQLite loses data`, {
      exitCode: 2,
      next: 'Name a folder on a local disk with OAOPS_STATE_DIR, or share one record on PostgreSQL.',
      details: { stateDir, network },
    });
  }
  const uid = process.geteuid?.();
  const folder = statSync(dir);
  if ((folder.mode & 0o777) !== 0o700 && (uid === undefined || folder.uid === uid)) chmodSync(dir, 0o700);
  if (emptied === 'refuse') refuseEmptied(path, stateDir, wasHere);
  try {
    // SQLite gives its -wal and -shm files the mode of the database file.
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    const file = statSync(path);
    if ((file.mode & 0o077) !== 0 && (uid === undefined || file.uid === uid)) chmodSync(path, 0o600);
  }
  return path;
}

function makeRecordDir(dir: string, stateDir: string): void {
  try {
    makePrivateDir(dir);
  } catch (error) {
    throw new OaopsError('record-not-writable', `the state folder ${stateDir} cannot be made: ${messageOf(error)}`, {
      next: 'Name a folder that can be written with OAOPS_STATE_DIR.',
      cause: error,
    });
  }
}

/**
 * A database file that is missing or holds nothing, beside what only a used record leaves: SQLite would throw the log away
 * and begin anew, and nobody would see that a record is gone.
 */
function refuseEmptied(path: string, stateDir: string, wasHere: boolean): void {
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size;
  const size = sizeOf(path);
  if (size !== undefined && size > 0) return;
  // A log beside an empty file may also be that of a process that makes the record at this moment: it has no pages yet.
  // Outputs of runs alone say nothing: they lie here also when the record is on PostgreSQL, which makes no folder for it.
  const log = size === undefined && (sizeOf(`${path}-wal`) ?? 0) > 0;
  const lost = log || (wasHere && hasRuns(join(stateDir, 'runs')));
  if (!lost) return;
  throw new OaopsError(
    'record-emptied',
    `the record was here and is ${size === undefined ? 'gone' : 'empty'} now (${path})`,
    {
      next: 'Put back a copy with "oaops record restore FILE"; to begin a new record, move the folders "record" and "runs" of the state folder away.',
    },
  );
}

function hasRuns(dir: string): boolean {
  try {
    return readdirSync(dir).length > 0;
  } catch {
    return false;
  }
}

/** Opens the file in WAL mode with `synchronous=FULL`: a commit that was reported survives a power cut. */
export function openSqlite(path: string, options: { readonly?: boolean } = {}): Kysely<Tables> {
  const database = new SqliteDatabase(path, { timeout: 10_000, readonly: options.readonly ?? false });
  try {
    if (!options.readonly) {
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
      database.pragma('foreign_keys = ON');
    }
    // A damaged header shows here and not in the middle of a run.
    database.pragma('schema_version');
    database.pragma(`busy_timeout = ${busyTimeoutMs}`);
  } catch (error) {
    database.close();
    throw error;
  }
  return new Kysely<Tables>({ dialect: new ImmediateSqliteDialect({ database: keepingStatements(database) }) });
}

/** The queries of a run are few and come thousands of times. */
const keptStatements = 200;

/**
 * Prepared statements are kept: each holds memory outside the heap that is only freed when the garbage collector, which
 * doesn't see it, gets to it. A run of 5,000 units would take 600 MB.
 */
function keepingStatements(database: SqliteDatabase.Database): SqliteDatabase.Database {
  const kept = new Map<string, SqliteDatabase.Statement>();
  const prepare = database.prepare.bind(database);
  return Object.assign(database, {
    prepare: (source: string) => {
      const statement = kept.get(source) ?? prepare(source);
      kept.set(source, statement);
      if (kept.size > keptStatements) kept.delete(kept.keys().next().value!);
      return statement;
    },
  });
}

/**
 * SQLite whose transactions take the write lock at once (a read lock that is upgraded later fails where it should wait),
 * and whose migrations run inside one transaction, which SQLite can do.
 */
class ImmediateSqliteDialect extends SqliteDialect {
  readonly #database: SqliteDatabase.Database;

  constructor(config: { database: SqliteDatabase.Database }) {
    super(config);
    this.#database = config.database;
  }

  override createDriver(): SqliteDriver {
    return new ImmediateSqliteDriver(this.#database);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class ImmediateSqliteDriver extends SqliteDriver {
  readonly #database: SqliteDatabase.Database;

  constructor(database: SqliteDatabase.Database) {
    super({ database });
    this.#database = database;
  }

  override async beginTransaction(_connection: DatabaseConnection): Promise<void> {
    // A commit that failed for want of space can leave the transaction open.
    if (this.#database.inTransaction) this.#database.exec('rollback');
    this.#database.exec('begin immediate');
  }

  override async rollbackTransaction(_connection: DatabaseConnection): Promise<void> {
    // SQLite itself rolls back on a full disk and on I/O errors; a second rollback would hide the reason.
    if (this.#database.inTransaction) this.#database.exec('rollback');
  }
}

/** A consistent copy by SQLite's online backup, as one file without a log beside it. */
export async function copySqlite(from: string, to: string): Promise<void> {
  closeSync(openSync(to, 'wx', 0o600));
  const source = new SqliteDatabase(from, { readonly: true, timeout: 10_000 });
  try {
    await source.backup(to);
  } finally {
    source.close();
  }
  const copy = new SqliteDatabase(to);
  try {
    copy.pragma('journal_mode = DELETE');
  } finally {
    copy.close();
  }
}

/**
 * Whether a file is a whole record, before it takes the place of another.
 * @throws OaopsError `record-copy-invalid` (exit 9), `record-newer`
 */
export function checkSqliteCopy(path: string): void {
  let fault: string | undefined;
  let newer: string[] = [];
  try {
    const copy = new SqliteDatabase(path, { readonly: true });
    try {
      const found = copy.pragma('quick_check(1)', { simple: true });
      if (found !== 'ok') fault = String(found);
      else if (!copy.prepare(`select 1 from sqlite_master where name = 'chain_head'`).get())
        fault = 'it holds no record';
      else newer = newerMigrations(copy);
    } finally {
      copy.close();
    }
  } catch (error) {
    fault = messageOf(error);
  }
  // In its place the record could not be opened any more.
  if (newer.length > 0)
    throw new OaopsError('record-newer', `${path} was written by a newer oaops (it has ${newer.join(', ')})`, {
      next: 'Use that version or a newer one to restore it.',
      details: { unknown: newer },
    });
  if (fault === undefined) return;
  throw new OaopsError('record-copy-invalid', `${path} is not a whole copy of a record: ${fault}`, {
    exitCode: 9,
    next: 'Take another copy.',
  });
}

function newerMigrations(copy: SqliteDatabase.Database): string[] {
  const known = Object.keys(migrations('sqlite'));
  const done = copy.prepare(`select name from ${migrationTable}`).all() as { name: string }[];
  return done.map(({ name }) => name).filter((name) => !known.includes(name));
}
