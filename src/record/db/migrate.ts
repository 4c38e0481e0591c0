import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import { isOfTheWorld } from './errors.ts';
import type { Tables } from './tables.ts';

export const migrationTable = 'oaops_migration';
export const migrationLockTable = 'oaops_migration_lock';

/** Statuses of runs that can still go on; see `RunStatus`. */
export const openStatuses = ['running', 'waiting', 'stopped', 'unknown'] as const;

/**
 * Brings the tables up to date.
 * @param canFinish tells whether this version can go on with a run whose plan has the given schema version
 * @param schema PostgreSQL schema that the tables live in: other schemas of that database may hold another record
 * @throws OaopsError `record-newer` (written by a newer oaops), `record-open-runs` (runs that the new version could not
 *   finish are open), `record-migration-failed`
 */
export async function migrate(
  db: Kysely<Tables>,
  all: Record<string, Migration>,
  canFinish: (schemaVersion: string) => boolean,
  schema?: string,
): Promise<void> {
  const known = Object.keys(all).sort();
  const done = await executedMigrations(db);
  const unknown = done.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new OaopsError('record-newer', `the record was written by a newer oaops (it has ${unknown.join(', ')})`, {
      next: 'Use that version or a newer one; an older one could spoil the record.',
      details: { unknown },
    });
  }
  if (known.every((name) => done.includes(name))) return;
  if (done.length > 0) await refuseOpenRuns(db, canFinish);

  // Loaded by the first command of a new version only.
  const { Migrator } = await import('kysely/migration');
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => all },
    migrationTableName: migrationTable,
    migrationLockTableName: migrationLockTable,
    ...(schema ? { migrationTableSchema: schema } : {}),
  }).migrateToLatest();
  // Two processes that open a new record at once: the second may stumble over tables which the first has just made.
  if (error && !(await isCurrent(db, known))) {
    if (isOfTheWorld(error)) throw error;
    throw new OaopsError(
      'record-migration-failed',
      `the record could not be brought up to date: ${error instanceof Error ? error.message : String(error)}`,
      {
        next: 'Nothing was changed. Make a copy with "oaops record backup" of the version before, then report this.',
        cause: error,
      },
    );
  }
}

async function isCurrent(db: Kysely<Tables>, known: string[]): Promise<boolean> {
  const done = await executedMigrations(db);
  return known.every((name) => done.includes(name));
}

async function executedMigrations(db: Kysely<Tables>): Promise<string[]> {
  try {
    const rows = await (db as unknown as Kysely<{ [migrationTable]: { name: string } }>)
      .selectFrom(migrationTable)
      .select('name')
      .execute();
    return rows.map((row) => row.name);
  } catch (error) {
    // A new database: asking is cheaper than listing all tables each time a command opens the record.
    if (errnoOf(error) === '42P01' || /no such table/.test(messageOf(error))) return [];
    throw error;
  }
}

async function refuseOpenRuns(db: Kysely<Tables>, canFinish: (schemaVersion: string) => boolean): Promise<void> {
  const rows = await db
    .selectFrom('runs')
    .innerJoin('plans', 'plans.run_id', 'runs.id')
    .select(['runs.id', 'plans.schema_version'])
    .where('runs.status', 'in', [...openStatuses])
    .execute();
  const stuck = rows.filter((row) => row.schema_version !== null && !canFinish(row.schema_version));
  if (stuck.length === 0) return;
  throw new OaopsError(
    'record-open-runs',
    `${stuck.length} open run(s) were planned by a version that this one cannot go on with: ${stuck.map((row) => row.id).join(', ')}`,
    {
      next: 'Finish or abort them with the version that started them, then use this one.',
      details: { runs: stuck.map((row) => ({ id: row.id, schemaVersion: row.schema_version })) },
    },
  );
}
