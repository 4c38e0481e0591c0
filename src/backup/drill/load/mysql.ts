import { messageOf } from '../../../core/errors.ts';
import { mysqlClient } from '../../sources/mysql.ts';
import { lineBeginning } from './find-line.ts';
import { isLeftOver, scratchName } from './scratch-name.ts';
import { dropTimeoutMs, type Loader, loadTimeoutMs, outputOf, queryTimeoutMs, type RunOptions } from './types.ts';

/** Statements by which a dump of several databases leaves the one that it is loaded into. */
const leaving = ['USE ', 'use ', 'CREATE DATABASE ', 'DROP DATABASE ', '/*!40000 DROP DATABASE'];

/** Loads a dump of mariadb-dump(1) or mysqldump(1) into a new database. */
export const loadMysql: Loader<'mysql'> = async (spec, dump, place) => {
  const client = await mysqlClient(spec, place);
  const sql = async (query: string, timeoutMs: number, database?: string, options: RunOptions = {}) => {
    const args = ['--batch', '--skip-column-names', '--raw', `--execute=${query}`];
    const { argv, env } = client('client', [...args, ...(database === undefined ? [] : [database])]);
    return outputOf(place, argv, timeoutMs, { ...options, ...(env ? { env } : {}) }, 'mariadb');
  };
  const dropOne = (name: string) =>
    sql(`drop database if exists ${name}`, dropTimeoutMs, undefined, { signal: AbortSignal.timeout(dropTimeoutMs) });
  for (const name of (await sql('show databases', queryTimeoutMs)).split('\n'))
    if (isLeftOver(name)) await dropOne(name);

  const leaves = lineBeginning(dump, leaving);
  if (leaves !== undefined)
    throw new Error(`the dump names its own database ("${leaves.trim()}"): it is not loaded in a drill`);

  const name = scratchName();
  // Fails when there is one of this name.
  await sql(`create database ${name} character set utf8mb4`, queryTimeoutMs);
  try {
    const { argv, env } = client('client', ['--binary-mode', name]);
    await outputOf(place, argv, loadTimeoutMs, { stdinFile: dump, ...(env ? { env } : {}) }, 'mariadb');
  } catch (error) {
    await dropOne(name).catch((dropping: unknown) => {
      throw new Error(`${messageOf(error)}; the database ${name} could not be dropped: ${messageOf(dropping)}`);
    });
    throw error;
  }
  return {
    name,
    async first(query) {
      const out = await sql(`set session transaction read only; ${query}`, queryTimeoutMs, name);
      return out === '' ? undefined : (out.split('\n')[0]!.split('\t')[0] ?? '');
    },
    drop: async () => void (await dropOne(name)),
  };
};
