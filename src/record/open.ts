import type { Kysely } from 'kysely';
import type { Clock } from '../core/clock.ts';
import { OaopsError } from '../core/errors.ts';
import type { RandomSource } from '../core/ids.ts';
import { SqlAuditLog } from './audit/log.ts';
import { Database } from './db/database.ts';
import { recordError } from './db/errors.ts';
import { migrate } from './db/migrate.ts';
import { type DialectName, migrations } from './db/migrations.ts';
import type { Tables } from './db/tables.ts';
import { SqlFactStore } from './facts.ts';
import { SqlLockStore } from './locks/locks.ts';
import { type Processes, systemProcesses } from './locks/owner.ts';
import { SqlRunReports } from './run-reports.ts';
import { SqlRunStore } from './runs.ts';
import type { RecordStore } from './types.ts';

export interface RecordOptions {
  /** Folder of the SQLite record; made when missing. */
  stateDir?: string;
  /** `postgres://...` of a record that several machines share; wins over `stateDir`. */
  url?: string;
  clock: Clock;
  random: RandomSource;
  /** Who acts, for the audit log: login name, with the name before sudo when there is one. */
  actor: string;
  hostname: string;
  /** Whether this version can go on with runs planned at this schema version; asked before a migration only. */
  canFinish?: (schemaVersion: string) => boolean;
  /** Rows per audit segment; what is sealed can be archived. */
  segmentRows?: number;
  /** This process and its neighbours, for locks. */
  processes?: Processes;
  /** Begin a new record also where one was lost: a copy is about to be put into it. */
  anew?: boolean;
  /** f_type of statfs(2) for a folder. */
  fileSystemType?: (dir: string) => number;
}

/** The opened record with its database, for the parts of this room that work on tables. */
export interface OpenedRecord extends RecordStore {
  /** Random id given to a record when it is made; anchors name it. */
  id: string;
  /** Where it lies, for people: a path, or a URL without user and password. */
  place: string;
  database: Database;
}

/**
 * Opens the record, makes or migrates its tables, and gives its stores. Loads the driver of the one database it needs.
 * @throws OaopsError `state-on-network`, `record-newer`, `record-open-runs`, `record-unreachable`, `record-corrupt` ...
 */
export async function openRecord(options: RecordOptions): Promise<OpenedRecord> {
  const { db, dialect, place, schema } = await connect(options);
  try {
    const { clock, random, actor, segmentRows = 10_000 } = options;
    const database = new Database({ db, dialect, place, clock, random, actor, segmentRows });
    // Patiently: another process may be making the tables at this moment.
    await database.read(() => migrate(db, migrations(dialect), options.canFinish ?? (() => true), schema));
    const id = await recordId(database, random);
    const locks = new SqlLockStore(database, options.processes ?? systemProcesses(options.hostname));
    return {
      id,
      place,
      database,
      runs: new SqlRunStore(database),
      reports: new SqlRunReports(database),
      locks,
      audit: new SqlAuditLog(database, id),
      facts: new SqlFactStore(database),
      close: async () => {
        await locks.releaseAll();
        await database.close();
      },
    };
  } catch (error) {
    await db.destroy().catch(() => {});
    throw recordError(error, place);
  }
}

async function connect(options: RecordOptions) {
  if (options.url !== undefined) {
    if (!/^postgres(ql)?:\/\//.test(options.url)) {
      throw new OaopsError('record-url-invalid', 'the URL of the record is not one of PostgreSQL', {
        exitCode: 2,
        next: 'Write postgres://USER@HOST:PORT/DATABASE.',
      });
    }
    const { currentSchema, openPostgres, placeOf } = await import('./db/postgres.ts');
    const db = openPostgres(options.url);
    const place = placeOf(options.url);
    try {
      return { db, dialect: 'postgres' as DialectName, place, schema: await currentSchema(db) };
    } catch (error) {
      await db.destroy().catch(() => {});
      throw recordError(error, place);
    }
  }
  if (options.stateDir === undefined)
    throw new OaopsError('record-place-missing', 'neither a state folder nor a URL of the record is given', {
      exitCode: 2,
    });
  const { openSqlite, prepareRecordFile } = await import('./db/sqlite.ts');
  const place = options.stateDir;
  try {
    const path = prepareRecordFile(options.stateDir, options.fileSystemType, options.anew ? 'take' : 'refuse');
    const db = openSqlite(path);
    return { db, dialect: 'sqlite' as DialectName, place: path, schema: undefined };
  } catch (error) {
    throw recordError(error, place);
  }
}

/** Given once, by whoever opens a new record first. */
async function recordId(database: Database, random: RandomSource): Promise<string> {
  const find = (db: Kysely<Tables>) =>
    db.selectFrom('meta').select('value').where('key', '=', 'record_id').executeTakeFirst();
  const known = await database.read(find);
  if (known) return known.value;
  const id = Buffer.from(random(16)).toString('hex');
  return database.write(async (tx) => {
    const taken = await find(tx.db);
    if (taken) return taken.value;
    const first = await tx.db.selectFrom('audit').selectAll().orderBy('seq').limit(1).executeTakeFirst();
    // A used record whose id was taken away keeps the one it was made with; the audit chain will tell.
    if (first) return first.action === 'record.created' ? first.subject : 'unknown';
    await tx.db.insertInto('meta').values({ key: 'record_id', value: id }).execute();
    await tx.audit({ action: 'record.created', subject: id, details: { dialect: database.dialect } });
    return id;
  });
}
