import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export type DialectName = 'sqlite' | 'postgres';

/** `hash` before the first row of every chain. */
export const genesisHash = '0'.repeat(64);

/**
 * All migrations by name, in order. A migration that was released is never changed; a new one gets the next number.
 * They run inside one transaction on both databases.
 */
export function migrations(dialect: DialectName): Record<string, Migration> {
  // Byte order on PostgreSQL too: times, ids and hashes must sort the same whatever the locale of the cluster.
  const text = dialect === 'postgres' ? sql`text collate "C"` : sql`text`;
  const integer = dialect === 'postgres' ? sql`bigint` : sql`integer`;

  return {
    '0001_record': {
      // biome-ignore lint/suspicious/noExplicitAny: a migration knows the tables of its own time, not today's
      async up(db: Kysely<any>) {
        await db.schema
          .createTable('meta')
          .addColumn('key', text, (column) => column.primaryKey())
          .addColumn('value', text, (column) => column.notNull())
          .execute();
        await db.schema
          .createTable('chain_head')
          .addColumn('id', integer, (column) => column.primaryKey())
          .addColumn('seq', integer, (column) => column.notNull())
          .addColumn('hash', text, (column) => column.notNull())
          .addColumn('segment', integer, (column) => column.notNull())
          .addColumn('segment_first', integer, (column) => column.notNull())
          .addColumn('segment_prev_hash', text, (column) => column.notNull())
          .addColumn('journal_seq', integer, (column) => column.notNull())
          .addColumn('input_seq', integer, (column) => column.notNull())
          .addColumn('fact_seq', integer, (column) => column.notNull())
          .execute();
        await db.schema
          .createTable('audit')
          .addColumn('seq', integer, (column) => column.primaryKey())
          .addColumn('at', text, (column) => column.notNull())
          .addColumn('actor', text, (column) => column.notNull())
          .addColumn('action', text, (column) => column.notNull())
          .addColumn('subject', text, (column) => column.notNull())
          .addColumn('details', text, (column) => column.notNull())
          .addColumn('prev_hash', text, (column) => column.notNull())
          .addColumn('hash', text, (column) => column.notNull())
          .execute();
        await db.schema.createIndex('audit_subject').on('audit').column('subject').execute();
        await db.schema
          .createTable('audit_segments')
          .addColumn('number', integer, (column) => column.primaryKey())
          .addColumn('first_seq', integer, (column) => column.notNull())
          .addColumn('last_seq', integer, (column) => column.notNull())
          .addColumn('prev_hash', text, (column) => column.notNull())
          .addColumn('last_hash', text, (column) => column.notNull())
          .addColumn('sealed_at', text, (column) => column.notNull())
          .addColumn('archived_at', text)
          .addColumn('archive_sha256', text)
          .execute();
        await db.schema
          .createTable('runs')
          .addColumn('id', text, (column) => column.primaryKey())
          .addColumn('runbook', text, (column) => column.notNull())
          .addColumn('version', text, (column) => column.notNull())
          .addColumn('kind', text, (column) => column.notNull())
          .addColumn('procedures', text, (column) => column.notNull())
          .addColumn('digest', text, (column) => column.notNull())
          .addColumn('status', text, (column) => column.notNull())
          .addColumn('exit_code', integer)
          .addColumn('message', text)
          .addColumn('requester', text, (column) => column.notNull())
          .addColumn('created_at', text, (column) => column.notNull())
          .addColumn('started_at', text)
          .addColumn('ended_at', text)
          .addColumn('wake_at', text)
          .execute();
        await db.schema.createIndex('runs_created').on('runs').column('created_at').execute();
        await db.schema.createIndex('runs_status').on('runs').column('status').execute();
        await db.schema
          .createTable('plans')
          .addColumn('run_id', text, (column) => column.primaryKey())
          .addColumn('schema_version', text)
          .addColumn('plan', text, (column) => column.notNull())
          .execute();
        await db.schema
          .createTable('journal')
          .addColumn('seq', integer, (column) => column.primaryKey())
          .addColumn('run_id', text, (column) => column.notNull())
          .addColumn('step', text, (column) => column.notNull())
          .addColumn('unit', text, (column) => column.notNull())
          .addColumn('target', text, (column) => column.notNull())
          .addColumn('attempt', integer, (column) => column.notNull())
          .addColumn('phase', text, (column) => column.notNull())
          .addColumn('status', text)
          .addColumn('args', text, (column) => column.notNull())
          .addColumn('result', text, (column) => column.notNull())
          .addColumn('message', text)
          .addColumn('outputs', text, (column) => column.notNull())
          .addColumn('started_at', text, (column) => column.notNull())
          .addColumn('ended_at', text)
          .execute();
        await db.schema
          .createIndex('journal_unit')
          .unique()
          .on('journal')
          .columns(['run_id', 'step', 'unit', 'target', 'attempt', 'phase'])
          .execute();
        await db.schema
          .createTable('run_inputs')
          .addColumn('seq', integer, (column) => column.primaryKey())
          .addColumn('run_id', text, (column) => column.notNull())
          .addColumn('step', text, (column) => column.notNull())
          .addColumn('unit', text, (column) => column.notNull())
          .addColumn('kind', text, (column) => column.notNull())
          .addColumn('by', text, (column) => column.notNull())
          .addColumn('at', text, (column) => column.notNull())
          .addColumn('body', text, (column) => column.notNull())
          .execute();
        await db.schema.createIndex('run_inputs_run').on('run_inputs').column('run_id').execute();
        await db.schema
          .createTable('locks')
          .addColumn('name', text, (column) => column.primaryKey())
          .addColumn('fence', integer, (column) => column.notNull())
          .addColumn('owner', text)
          .addColumn('acquired_at', text)
          .addColumn('expires_at', text)
          .execute();
        await db.schema
          .createTable('facts')
          .addColumn('seq', integer, (column) => column.primaryKey())
          .addColumn('topic', text, (column) => column.notNull())
          .addColumn('key', text, (column) => column.notNull())
          .addColumn('at', text, (column) => column.notNull())
          .addColumn('body', text, (column) => column.notNull())
          .execute();
        await db.schema.createIndex('facts_topic').on('facts').columns(['topic', 'key']).execute();
        await db
          .insertInto('chain_head')
          .values({
            id: 1,
            seq: 0,
            hash: genesisHash,
            segment: 1,
            segment_first: 1,
            segment_prev_hash: genesisHash,
            journal_seq: 0,
            input_seq: 0,
            fact_seq: 0,
          })
          .execute();
      },
    },
  };
}
