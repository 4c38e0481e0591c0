import { messageOf } from '../../../core/errors.ts';
import { postgresAccess } from '../../sources/postgres.ts';
import { programOf } from '../../sources/types.ts';
import { beginningOf, lineBeginning } from './find-line.ts';
import { isLeftOver, scratchName } from './scratch-name.ts';
import { dropTimeoutMs, type Loader, loadTimeoutMs, outputOf, queryTimeoutMs, type RunOptions } from './types.ts';

/**
 * Loads a dump of pg_dump(1) into a new database: archives by pg_restore(1), plain ones by psql(1). Owners and privileges are left
 * out of archives: their roles need not exist on the server of a drill.
 */
export const loadPostgres: Loader<'postgres'> = async (spec, dump, place) => {
  const { args, env } = await postgresAccess(spec, place);
  const psql = (database: string, query: string, timeoutMs: number, options: RunOptions = {}) =>
    outputOf(
      place,
      [
        programOf(spec, 'psql'),
        ...args,
        ...['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1'],
        `--dbname=${database}`,
        `--command=${query}`,
      ],
      timeoutMs,
      { ...options, env: { ...env, ...options.env } },
      'psql',
    );
  const dropOne = (name: string) => {
    const signal = AbortSignal.timeout(dropTimeoutMs);
    return psql('postgres', `drop database if exists ${name} with (force)`, dropTimeoutMs, { signal });
  };
  for (const name of (await psql('postgres', 'select datname from pg_database', queryTimeoutMs)).split('\n'))
    if (isLeftOver(name)) await dropOne(name);

  const isArchive = /^(PGDMP|toc\.dat\0)/.test(beginningOf(dump, 8));
  // psql would go over to the database that such a line names: the live one.
  const connects = isArchive ? undefined : lineBeginning(dump, ['\\connect', '\\c ']);
  if (connects !== undefined)
    throw new Error(`the dump names its own database ("${connects}"): it is not loaded in a drill`);

  const name = scratchName();
  // Fails when there is one of this name.
  await psql('postgres', `create database ${name} template template0`, queryTimeoutMs);
  try {
    const argv = isArchive
      ? [programOf(spec, 'pg_restore'), ...args, '--exit-on-error', '--no-owner', '--no-privileges', `--dbname=${name}`]
      : [programOf(spec, 'psql'), ...args, '--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', `--dbname=${name}`];
    await outputOf(place, argv, loadTimeoutMs, { env, stdinFile: dump }, isArchive ? 'pg_restore' : 'psql');
  } catch (error) {
    await dropOne(name).catch((dropping: unknown) => {
      throw new Error(`${messageOf(error)}; the database ${name} could not be dropped: ${messageOf(dropping)}`);
    });
    throw error;
  }
  return {
    name,
    async first(query) {
      const options = '-c default_transaction_read_only=on -c statement_timeout=600s';
      const out = await psql(name, query, queryTimeoutMs, { env: { PGOPTIONS: options } });
      return out === '' ? undefined : (out.split('\n')[0]!.split('|')[0] ?? '');
    },
    drop: async () => void (await dropOne(name)),
  };
};
