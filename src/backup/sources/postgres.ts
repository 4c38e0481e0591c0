import type { SourceOf } from './schema.ts';
import {
  type Dump,
  fileNameOf,
  programOf,
  type SourceCommand,
  type SourceKind,
  type SourceRunner,
  withVia,
} from './types.ts';

type Postgres = SourceOf<'postgres'>;

const endings = { custom: '.dump', plain: '.sql', tar: '.tar' } as const;

/** pg_dump(1): custom archives begin with this; tar archives with the name of their first member. */
const headers = { custom: /^PGDMP/, plain: /^--\n-- PostgreSQL database dump\n/, tar: /^toc\.dat\0/ } as const;

const listDatabases = 'select datname from pg_database where datallowconn and not datistemplate order by 1';

/** Where the server is: arguments that all programs of PostgreSQL share, and the variables beside them. */
export async function postgresAccess(
  source: Pick<Postgres, 'address' | 'port' | 'user' | 'password'>,
  runner: Pick<SourceRunner, 'secret'>,
): Promise<{ args: string[]; env: Record<string, string> }> {
  const { address, port, user, password } = source;
  return {
    args: [
      ...(address === undefined ? [] : [`--host=${address}`]),
      ...(port === undefined ? [] : [`--port=${port}`]),
      ...(user === undefined ? [] : [`--username=${user}`]),
      // A prompt would wait for ever.
      '--no-password',
    ],
    env: password === undefined ? {} : { PGPASSWORD: await runner.secret(password) },
  };
}

/**
 * Databases by pg_dump(1), one consistent view each, and roles and tablespaces by pg_dumpall(1) --globals-only. Nothing is
 * compressed by pg_dump: compressed dumps of equal rows have no equal bytes.
 */
export const postgresSource: SourceKind<'postgres'> = {
  describe: (source) =>
    `pg_dump --format=${source.format} of ${source.databases === 'all' ? 'all databases' : source.databases.join(', ')}${source.globals ? ', pg_dumpall --globals-only' : ''}`,

  async plan(source, runner) {
    const { args, env } = await postgresAccess(source, runner);
    const command = (program: string, more: string[]): SourceCommand => ({
      argv: withVia(source, [programOf(source, program), ...args, ...more]),
      env,
    });
    // --no-psqlrc: settings of a person would change the output.
    const ask = (query: string) =>
      runner.ask(
        command('psql', [
          '--no-psqlrc',
          '--tuples-only',
          '--no-align',
          '--record-separator-zero',
          '--dbname=postgres',
          `--command=${query}`,
        ]),
        'psql',
      );
    const databases =
      source.databases === 'all'
        ? (await ask(listDatabases)).split('\0').filter((name) => name !== '')
        : source.databases;
    const version = await runner.ask(
      { argv: withVia(source, [programOf(source, 'pg_dump'), '--version']) },
      'pg_dump --version',
    );
    const dumps = databases.map((database): Dump => {
      const compress = source.format === 'custom' ? ['--compress=0'] : [];
      return {
        file: fileNameOf(database, endings[source.format]),
        what: `database ${database}`,
        database,
        command: command('pg_dump', [
          `--format=${source.format}`,
          ...compress,
          ...source.options,
          `--dbname=${connectionString(database)}`,
        ]),
        header: headers[source.format],
        ...(source.format === 'plain' ? { trailer: /^-- PostgreSQL database dump complete$/m } : {}),
      };
    });
    if (source.globals)
      dumps.push({
        // No name of a database gives this one: they all have an ending of their own, and a slash is escaped.
        file: 'globals.pg_dumpall.sql',
        what: 'roles and tablespaces',
        command: command('pg_dumpall', ['--globals-only']),
        trailer: /^-- PostgreSQL database cluster dump complete$/m,
      });
    return {
      dumps,
      facts: {
        tool: version.trim(),
        format: source.format,
        load:
          source.format === 'plain'
            ? 'psql --set ON_ERROR_STOP=1 --dbname=NEW < FILE'
            : 'pg_restore --exit-on-error --no-owner --dbname=NEW FILE',
        loadGlobals: 'psql --dbname=postgres < globals.pg_dumpall.sql',
      },
    };
  },
};

/** A name that libpq never takes for a connection string or a URL, whatever is in it. */
export function connectionString(database: string): string {
  return `dbname='${database.replace(/[\\']/g, '\\$&')}'`;
}
