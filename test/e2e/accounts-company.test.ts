import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AccountsCompany, ldapDirectory, type RosterRow, rosterText, startLdap } from '../helpers/accounts-company.ts';
import { type AccountsHost, startAccountsHost } from '../helpers/accounts-host.ts';
import { type MariadbServer, startMariadb } from '../helpers/mariadb.ts';
import { needs, packagesMissing } from '../helpers/needs.ts';
import { dump } from '../helpers/oa-directory.ts';
import { type PostgresServer, startPostgres } from '../helpers/postgres.ts';
import type { LdapServer } from '../helpers/slapd.ts';
import { sshdAvailable } from '../helpers/sshd.ts';
import { workbookOf } from '../helpers/workbook.ts';

/** One company with its people in four kinds of directories; whoever has left is in all of them. */
const programs = ['slapd', 'ldapsearch', 'postgres', 'mariadbd'];
const people = Array.from({ length: 8 }, (_, index): RosterRow => [`E${2000 + index}`, `员工${index}`, `p${index}`]);
const leavers = ['p0', 'p1'];
const rows = people.map(
  ([id, name, login]): RosterRow => (leavers.includes(login) ? [id, name, login, '2026-10-31'] : [id, name, login]),
);
const isRoot = process.getuid?.() === 0;
const ready = isRoot && sshdAvailable && packagesMissing(...programs).length === 0;

let ldap: LdapServer;
let postgres: PostgresServer;
let pgUrl: string;
let mariadb: MariadbServer;
let host: AccountsHost;
let company: AccountsCompany;

const tables = `create table t_user (id int primary key, login varchar(50), emp varchar(20), dept varchar(50), status varchar(10), pwd_hash varchar(50), updated_at varchar(40));
create table t_role (id int primary key, code varchar(30));
create table t_user_role (user_id int, role_id int, granted_by varchar(20) default 'hr');
insert into t_role values (1, '财务'), (2, 'approve');
${people.map(([id, , login], index) => `insert into t_user values (${index + 1}, '${login}', '${id}', '销售部', 'on', 'h${index}', '2026-01-01');\ninsert into t_user_role (user_id, role_id) values (${index + 1}, 1), (${index + 1}, 2);`).join('\n')}`;

function users(id: string, url: string, quote: string): object {
  const key = `${quote}key${quote}`;
  const one = (text: string) => `${text} where id = :key`;
  const role = '(select id from t_role where code = :right)';
  return {
    id,
    type: 'sql',
    url,
    accounts: `select id as ${key}, login, emp as employee, dept as department, status = 'on' as enabled, status = 'held' as held from t_user`,
    rights: `select user_id as ${key}, code as ${quote}right${quote} from t_user_role join t_role on t_role.id = role_id`,
    look: one('select id, login, emp, dept, status from t_user'),
    statements: {
      disable: { do: one("update t_user set status = 'off'"), undo: one('update t_user set status = :old_status') },
      hold: { do: one("update t_user set status = 'held'"), undo: one("update t_user set status = 'off'") },
      strip: {
        do: `delete from t_user_role where user_id = :key and role_id = ${role}`,
        undo: `insert into t_user_role (user_id, role_id) select ${id === 'pg' ? ':key::int' : ':key'}, id from t_role where code = :right`,
      },
    },
  };
}

beforeEach(needs(...programs));
beforeEach(({ skip }) => skip(!isRoot || !sshdAvailable, 'accounts of a host need root and sshd'));
beforeAll(async () => {
  if (!ready) return;
  ldap = await startLdap(people.length);
  postgres = await startPostgres();
  pgUrl = await postgres.createDatabase();
  postgres.sql(pgUrl, tables);
  mariadb = await startMariadb();
  mariadb.sql(
    "create database oa character set utf8mb4; create user oaops@'127.0.0.1'; grant all on oa.* to oaops@'127.0.0.1'",
  );
  mariadb.sql(tables, 'oa');
  host = await startAccountsHost();
  for (const [index, [, , login]] of people.entries()) await host.addUser(login, 58_100 + index);
  await host.sh(
    'groupadd -g 58090 oa; for user in p0 p1 p2; do gpasswd -a "$user" oa; done; printf "p0 ALL=(ALL) NOPASSWD: /bin/true\\n" >/etc/sudoers.d/p0; chmod 440 /etc/sudoers.d/p0',
  );
}, 240_000);
afterAll(async () => {
  await host?.stop();
  await mariadb?.stop();
  await postgres?.stop();
  await ldap?.stop();
});
beforeEach(() => {
  company = new AccountsCompany({});
  mkdirSync(company.path('.ssh'), { mode: 0o700 });
  copyFileSync(host.login.knownHosts, company.path('.ssh/known_hosts'));
  const { port, keyFile } = host.login;
  company.write(
    'hosts.ini',
    `h1 ansible_host=127.0.0.1 ansible_port=${port} ansible_user=root ansible_ssh_private_key_file=${keyFile}\n`,
  );
  company.configure({ inventory: company.path('hosts.ini') });
  write({ id: 'hr', type: 'csv', file: 'roster.csv' });
});
afterEach(() => company[Symbol.dispose]());

function write(source: object): void {
  company.company({
    sources: [source],
    directories: [
      ldapDirectory(ldap, company.path('ldap.pw')),
      { id: 'hosts', type: 'linux', targets: ['h1'], minUid: 58_000, employee: 'none' },
      users('pg', pgUrl, '"'),
      users('my', `mysql://oaops@127.0.0.1:${mariadb.port}/oa`, '`'),
    ],
    caps: { share: '50%', refuse: '90%' },
  });
  company.runbook('leavers', {
    cleanup: { sign: 'none', rules: [{ finding: 'leaver', do: ['disable', 'strip', 'sessions', 'hold'] }] },
  });
}

const ofTables = 'select * from t_user order by id; select * from t_user_role order by 1, 2;';
/** Everything of all directories. */
async function everything() {
  const files: Record<string, unknown> = {};
  for (const login of ['p0', 'p1', 'p2']) files[login] = await host.everything(login);
  return { ldap: dump(ldap), files, pg: postgres.sql(pgUrl, ofTables), my: mariadb.sql(ofTables, 'oa') };
}

describe('leavers in every directory at once', () => {
  test.each<[string, () => void]>([
    [
      'a list in GBK with Chinese headers',
      () =>
        company.write('roster.csv', execFileSync('iconv', ['-f', 'utf-8', '-t', 'gbk'], { input: rosterText(rows) })),
    ],
    [
      'a workbook with Chinese headers',
      () => {
        write({ id: 'hr', type: 'xlsx', file: 'roster.xlsx' });
        const cells = rows.map(([id, name, login, endsOn = '']) => [id, name, login, endsOn]);
        company.write('roster.xlsx', workbookOf({ rows: [['工号', '姓名', '账号', '离职日期'], ...cells] }));
      },
    ],
  ])('%s: cleaned up, and taken back to the last byte', async (_name, roster) => {
    roster();
    const before = await everything();
    expect(host.letsIn('p0')).toBe(true);
    const { exitCode, end, stderr } = await company.cleanup();
    expect(exitCode, `${stderr}${JSON.stringify(end)}`).toBe(0);
    expect(end).toMatchObject({ changed: 8, left: 0 });
    expect(host.letsIn('p0')).toBe(false);
    expect(host.letsIn('p2')).toBe(true);
    const now = await everything();
    for (const sql of [now.pg, now.my]) {
      expect(sql).toMatch(/^1[|\t]p0[|\t]E2000[|\t]销售部[|\t]held[|\t]h0/m);
      expect(sql).not.toMatch(/^[12][|\t][12][|\t]hr$/m);
      expect(sql).toMatch(/^3[|\t]p2[|\t]E2002[|\t]销售部[|\t]on/m);
    }
    expect(now.files['p2']).toMatchObject({
      '/etc/sudoers': (before.files['p2'] as Record<string, unknown>)['/etc/sudoers'],
    });
    const again = await company.cleanup();
    expect([again.exitCode, again.end.changed], again.stderr).toEqual([0, 0]);
    const undone = await company.undo(end.run);
    expect(undone.exitCode, `${undone.stderr}${JSON.stringify(undone.end)}`).toBe(0);
    expect(undone.end.changed).toBe(8);
    expect(host.letsIn('p0')).toBe(true);
    expect(await everything()).toEqual(before);
  });

  test('one directory alone is taken back, then the rest', async () => {
    company.roster(rows);
    const before = await everything();
    const { end } = await company.cleanup();
    const cleaned = await everything();
    expect((await company.undo(end.run, '--directory', 'my')).exitCode).toBe(0);
    expect(await everything()).toEqual({ ...cleaned, my: before.my });
    expect((await company.undo(end.run)).exitCode).toBe(0);
    expect(await everything()).toEqual(before);
  });
});
