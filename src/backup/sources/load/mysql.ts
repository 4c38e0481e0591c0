import { mysqlClient } from '../mysql.ts';
import { cutOff, exists } from './refusals.ts';
import type { Loader } from './types.ts';

/** A new database; the client stops at the first error and runs no commands that are written in the dump (--binary-mode). */
export const loadMysql: Loader = async (dump, context) => {
  const { target, mark } = context;
  const client = await mysqlClient(target, context);
  const batch = ['--batch', '--skip-column-names', '--raw', '--default-character-set=utf8mb4'];
  const sql = (text: string) => context.ask(client('client', batch), 'mariadb', text);
  const name = `\`${target.database.replaceAll('`', '``')}\``;
  const hex = Buffer.from(target.database).toString('hex');
  const literal = `_utf8mb4 x'${hex}'`;
  if ((await sql(`select count(*) from information_schema.schemata where schema_name = ${literal};`)).trim() !== '0') {
    if (!target.replace) throw exists('the database', target.database);
    await sql(`drop database ${name};`);
  }
  await sql(`create database ${name} character set utf8mb4;`);
  const load = client('client', [...batch, '--binary-mode', `--database=${target.database}`]);
  const result = await context.feed(dump, load, 'mariadb', { after: `\nselect '${mark}';\n` });
  if (!`${result.stdout.head}${result.stdout.tail}`.includes(mark)) throw cutOff('mariadb');
  const tables = (
    await sql(
      `select hex(table_name) from information_schema.tables where table_schema = ${literal} and table_type = 'BASE TABLE';`,
    )
  )
    .split('\n')
    .filter((line) => line !== '')
    .map((hex) => Buffer.from(hex, 'hex').toString());
  const counts = tables.map((table) => `select count(*) as n from ${name}.\`${table.replaceAll('`', '``')}\``);
  const rows = counts.length === 0 ? '0' : await sql(`select sum(n) from (${counts.join(' union all ')}) as counts;`);
  return { file: dump.file, tables: tables.length, rows: Number(rows.trim()) };
};
