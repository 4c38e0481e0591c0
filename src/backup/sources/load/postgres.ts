import { connectionString, postgresAccess } from '../postgres.ts';
import { programOf, type SourceCommand, withVia } from '../types.ts';
import { cutOff, exists } from './refusals.ts';
import type { LoadContext, Loader } from './types.ts';

/** Tables that are not PostgreSQL's own, and exact counts of their rows. */
const countQuery = `select count(*), coalesce(sum((xpath('/row/c/text()', query_to_xml(format('select count(*) as c from %I.%I', schemaname, tablename), false, true, '')))[1]::text::bigint), 0)
from pg_tables where schemaname not in ('pg_catalog', 'information_schema');`;

/** A new database from template0; pg_restore(1) for archives, psql(1) for SQL. Owners and grants of the source are left out of archives. */
export const loadPostgres: Loader = async (dump, context) => {
  const { target, source } = context;
  const { args, env } = await postgresAccess(target, context);
  const command = (program: string, more: string[]): SourceCommand => ({
    argv: withVia(target, [programOf(target, program), ...args, ...more]),
    env,
  });
  const psql = (database: string, more: string[] = []) =>
    command('psql', [
      '--no-psqlrc',
      '--quiet',
      '--tuples-only',
      '--no-align',
      '--set=ON_ERROR_STOP=1',
      ...more,
      `--dbname=${database}`,
    ]);
  // The name goes in as a variable: psql quotes it.
  const sql = (text: string) => context.ask(psql('postgres', [`--set=name=${target.database}`]), 'psql', text);
  if ((await sql("select count(*) from pg_database where datname = :'name';")).trim() !== '0') {
    if (!target.replace) throw exists('the database', target.database);
    await sql('drop database :"name";');
  }
  await sql('create database :"name" template template0;');
  const database = connectionString(target.database);
  if (source.format === 'plain')
    await loadPlain(dump, context, psql(database, ['--single-transaction', '--output=/dev/null']), psql(database));
  else
    await context.feed(
      dump,
      command('pg_restore', ['--exit-on-error', '--no-owner', '--no-privileges', `--dbname=${database}`]),
      'pg_restore',
    );
  const [tables, rows] = (await context.ask(psql(database), 'psql', countQuery)).trim().split('|').map(Number);
  return { file: dump.file, tables: tables!, rows: rows! };
};

/** A table of ours is made behind the dump and looked for afterwards: input that was cut off at a statement's end is no error to psql. */
async function loadPlain(
  dump: Parameters<Loader>[0],
  context: LoadContext,
  load: SourceCommand,
  look: SourceCommand,
): Promise<void> {
  const table = `"${context.mark}"`;
  await context.feed(dump, load, 'psql', { after: `\nselect 1 as done into public.${table};\n` });
  const sql = (text: string) => context.ask(look, 'psql', text);
  const found = await sql(`select count(*) from pg_tables where tablename = '${context.mark}';`);
  if (found.trim() !== '1') throw cutOff('psql');
  await sql(`drop table public.${table};`);
}
