import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AccountsCompany, type RosterRow } from '../helpers/accounts-company.ts';
import { needs, packagesMissing } from '../helpers/needs.ts';
import { type PostgresServer, startPostgres } from '../helpers/postgres.ts';

const staff = 12;
const leavers = 8;
let server: PostgresServer;
let url: string;
let company: AccountsCompany;
beforeEach(needs('postgres', 'psql'));
beforeAll(async () => {
  if (packagesMissing('postgres', 'psql').length === 0) server = await startPostgres();
});
afterAll(async () => server?.stop());
beforeEach(async () => {
  url = await server.createDatabase();
  sql(`create table u (id bigint primary key, login text, emp text, st text, touched timestamptz default now());
    create table r (u bigint references u, name text);
    insert into u select 9007199254740993 + g, 'p' || g, 'E' || 2000 + g, 'on' from generate_series(0, ${staff - 1}) g;
    insert into r select id, name from u, (values ('a'), ('b')) as n (name)`);
  company = new AccountsCompany({});
  company.company({
    sources: [{ id: 'hr', type: 'csv', file: 'roster.csv' }],
    directories: [
      {
        id: 'oa',
        type: 'sql',
        url,
        accounts: `select id as key, login, emp as employee, st = 'on' as enabled, st = 'held' as held from u`,
        rights: 'select u as key, name as "right" from r',
        look: 'select id, login, emp, st from u where id = :key',
        statements: {
          disable: {
            do: `update u set st = 'off', touched = now() where id = :key`,
            undo: 'update u set st = :old_st where id = :key',
          },
          hold: {
            do: `update u set st = 'held' where id = :key and st = 'off'`,
            undo: `update u set st = 'off' where id = :key`,
          },
          strip: { do: 'delete from r where u = :key and name = :right', undo: 'insert into r values (:key, :right)' },
        },
      },
    ],
    caps: { share: '90%', refuse: '95%' },
  });
  company.runbook('leavers', {
    cleanup: { sign: 'none', rules: [{ finding: 'leaver', do: ['disable', 'strip', 'hold'] }], parallel: 1 },
  });
  company.roster(
    Array.from({ length: staff }, (_, index): RosterRow => {
      const login = `p${index}`;
      return [`E${2000 + index}`, `员工${index}`, login, index < leavers ? '2026-10-31' : ''];
    }),
  );
});
afterEach(() => company?.[Symbol.dispose]());

const sql = (script: string) => server.sql(url, script);
const dump = () => sql('select id, login, emp, st from u order by id; select * from r order by 1, 2');
const changed = () =>
  Number(sql(`select (select count(*) from u where st <> 'on') + ${staff * 2} - (select count(*) from r)`).trim());

async function latest(): Promise<string> {
  const { stdout } = await company.oaops('runs', 'list', '--json');
  return (JSON.parse(stdout) as { id: string }[])[0]!.id;
}

/** All leavers are held and without rights, nobody else is touched; undone, it is what it was. */
async function comesToItsEnd(run: string, before: string): Promise<void> {
  expect(sql(`select string_agg(distinct st, ',') from u where substr(login, 2)::int < ${leavers}`).trim()).toBe(
    'held',
  );
  expect(sql(`select count(*) from u where st = 'on'`).trim()).toBe(String(staff - leavers));
  expect(sql('select count(*) from r').trim()).toBe(String((staff - leavers) * 2));
  const undone = await company.undo(run);
  expect([undone.exitCode, undone.end.changed], undone.stderr).toEqual([0, leavers]);
  expect(dump()).toBe(before);
}

describe('a table of users', () => {
  test('killed in the middle: resumed it comes to the same end, and undo takes all of it back', async () => {
    const before = dump();
    expect(await company.killed(() => changed() > 5, 'account', 'cleanup', './leavers.yaml', '--yes')).toBe(true);
    const run = await latest();
    const resumed = await company.oaops('runs', 'resume', run);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    await comesToItsEnd(run, before);
  });

  test('a server that dies in the middle: what was done is told, and with the server back the rest is done', async () => {
    const before = dump();
    let crash: Promise<void> | undefined;
    const { exitCode } = await company.during(
      () => changed() > 5,
      () => {
        crash = server.crash();
      },
      'account',
      'cleanup',
      './leavers.yaml',
      '--yes',
    );
    await crash;
    await server.start();
    expect([1, 3]).toContain(exitCode);
    const done = changed();
    expect(done).toBeLessThan(leavers * 3);
    const run = await latest();
    const resumed = await company.oaops('runs', 'resume', run);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    await comesToItsEnd(run, before);
  });

  test('a user without the right to change a column: nothing is changed, each account is told', async () => {
    sql(
      `create role half_${process.pid} login; grant select on u, r to half_${process.pid}; grant update (touched) on u to half_${process.pid}`,
    );
    const before = dump();
    const text = company.read('accounts.yaml');
    company.write('accounts.yaml', text.replace('postgres://oaops@', `postgres://half_${process.pid}@`));
    const { exitCode, end } = await company.cleanup();
    expect(exitCode).toBe(3);
    expect(dump()).toBe(before);
    expect(end).toMatchObject({ changed: 0, left: leavers });
    expect(end.lines.filter((line) => line.includes('permission denied for table u'))).toHaveLength(leavers);
    const said = (await company.oaops('account', 'show', end.run)).stdout.replace(/\s+/g, ' ');
    expect(said).toContain('permission denied for table u');
    // What others do from now on is not the work of this run.
    sql(`update u set st = 'off' where login = 'p0'`);
    const now = dump();
    await company.undo(end.run);
    expect(dump()).toBe(now);
  });
});
