import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { OaopsError, usageError } from '../../core/errors.ts';
import type { Tables } from './tables.ts';

/** int8 in pg_type.dat. */
const int8 = 20;

/** int8 as a number; larger ones would be rounded silently. */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new OaopsError('record-number-range', `the record holds a number that is too large (${text})`);
  return value;
}

/** `postgres://host:5432/name` without user, password and parameters: for messages. */
export function placeOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `postgres://${hostname}${port ? `:${port}` : ''}${pathname}`;
  } catch {
    return 'postgres';
  }
}

/**
 * A pool of few connections; one of them writes. Passwords come from the URL, PGPASSWORD or ~/.pgpass (libpq's rules).
 * @throws OaopsError `record-url-invalid` (exit 2)
 */
export function openPostgres(url: string): Kysely<Tables> {
  if (!URL.canParse(url)) {
    throw usageError('record-url-invalid', 'the URL of the record is not valid', {
      next: 'Write postgres://USER@HOST:PORT/DATABASE; in a password the characters / ? # @ % are written as %2F %3F %23 %40 %25.',
    });
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    application_name: 'oaops',
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    keepAlive: true,
    types: {
      getTypeParser: (oid, format) =>
        oid === int8 && format !== 'binary' ? parseInt8 : pg.types.getTypeParser(oid, format),
    },
  });
  // A server that restarts drops idle connections; the pool makes new ones, and without a listener the process would end.
  pool.on('error', () => {});
  // The pool listens to idle connections only: one that is cut between two statements of a transaction would end the process too.
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool,
      onCreateConnection: async (connection) => {
        // A process that was stopped, or a machine that sleeps, in the middle of a write holds the line of all writers:
        // the server must end that transaction before the others give up (patience of Database, 30 s).
        // A reported commit must survive a crash of the server, even where the cluster's default trades that for speed.
        await connection.executeQuery(
          sql`select set_config('lock_timeout', '30s', false), set_config('idle_in_transaction_session_timeout', '10s', false), case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', false) end`.compile(
            compiler,
          ),
        );
      },
    }),
  });
}

/** The schema that new tables are made in. */
export async function currentSchema(db: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{ schema: string | null }>`select current_schema() as schema`.execute(db);
  const schema = rows[0]?.schema;
  if (schema) return schema;
  throw new OaopsError(
    'record-schema-missing',
    "the search_path of the record's database names no schema that exists",
    { next: 'Create the schema, or change the search_path of the user.' },
  );
}

/** Only compiles: a Kysely without a connection. */
const compiler = new Kysely<Tables>({
  dialect: new PostgresDialect({ pool: async () => Promise.reject(new Error('never connects')) }),
});
