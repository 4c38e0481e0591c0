import { execFileSync } from 'node:child_process';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AccountsCompany, ldapDirectory, type RosterRow, rosterText, startLdap } from '../helpers/accounts-company.ts';
import { needs, packagesMissing } from '../helpers/needs.ts';
import { dump, operator, people } from '../helpers/oa-directory.ts';
import { type LdapServer, suffix } from '../helpers/slapd.ts';
import { freePort } from '../helpers/sshd.ts';

const programs = ['slapd', 'ldapsearch'];
const staff = 20;
const all: readonly RosterRow[] = [
  ['E1001', '王小明', 'wang'],
  ['E1003', '赵', 'zhao, qian+"x"'],
  ...Array.from({ length: staff }, (_, index): RosterRow => [`E${2000 + index}`, `员工${index}`, `p${index}`]),
];
/** All of them, of whom these have left. */
const without = (...left: string[]) =>
  all.map(
    ([id, name, login]): RosterRow => (left.includes(login) ? [id, name, login, '2026-10-31'] : [id, name, login]),
  );
const hr = { id: 'hr', type: 'csv', file: 'roster.csv' };

let server: LdapServer;
let before: ReturnType<typeof dump>;
let company: AccountsCompany;
beforeEach(needs(...programs));
beforeAll(async () => {
  if (packagesMissing(...programs).length > 0) return;
  server = await startLdap(staff, { config: `olcRootPW: config\nolcAccess: to * by dn.exact="${operator}" read\n` });
  before = dump(server);
});
afterAll(() => server?.stop());
beforeEach(() => {
  company = new AccountsCompany({});
  write({});
  company.roster(without('p0'));
});
afterEach(() => company[Symbol.dispose]());

function write(more: Record<string, unknown>, directory: object = {}): void {
  const directories = [ldapDirectory(server, company.path('ldap.pw'), directory)];
  company.company({ sources: [hr], directories, ...more });
}

/** Why a cleanup does nothing; nothing was changed, and there is a next step. Where nobody can be asked it is a run, so that it is told. */
async function refused(...args: string[]) {
  const { exitCode, end, stderr } = await company.cleanup(...args);
  expect(stderr).not.toMatch(/\n\s+at /);
  const said = end.message === undefined ? (JSON.parse(stderr).error as { message: string; next: string }) : end;
  expect(said.next).toMatch(/^[A-Z].*[.!?]$/s);
  expect(dump(server)).toEqual(before);
  return { exitCode, message: said.message, next: said.next };
}

describe('a source that does not answer, or is not believed', () => {
  test('a directory as source that is down', async () => {
    const closed = `ldap://127.0.0.1:${await freePort()}`;
    write({ sources: [{ id: 'hr', type: 'ldap', url: closed, base: people, fields: { id: 'employeeNumber' } }] });
    expect(await refused()).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(/the source hr was not read, so nothing is (planned|changed): .*127\.0\.0\.1/),
    });
  });

  test('a database as source that is down', async () => {
    const url = `postgres://hr@127.0.0.1:${await freePort()}/hr`;
    write({ sources: [{ id: 'hr', type: 'sql', url, query: 'select id, name, login from staff' }] });
    expect(await refused()).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(/the source hr was not read.*127\.0\.0\.1/),
    });
  });

  test('a source whose password is refused', async () => {
    const source = {
      id: 'hr',
      type: 'ldap',
      url: server.url,
      bindDn: operator,
      password: `file:${company.write('wrong', 'wrong')}`,
      base: people,
    };
    write({ sources: [source] });
    expect(await refused()).toMatchObject({ exitCode: 4, message: expect.stringMatching(/refused|password/) });
  });

  test('half a list: in the middle of a row, and at its end where a trailer tells', async () => {
    const text = rosterText(without('p0'));
    company.write('roster.csv', text.slice(0, Math.floor(text.length / 2)).replace(/,[^,\n]*$/, ''));
    expect(await refused()).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(/column|cell|value/),
    });
    write({ sources: [{ ...hr, trailer: '合计' }] });
    company.write('roster.csv', text.split('\n').slice(0, 11).join('\n'));
    expect(await refused()).toMatchObject({ message: expect.stringMatching(/is cut off/), exitCode: 4 });
  });

  test('a list that is older than allowed, of tomorrow, in another encoding, or gone', async () => {
    write({ sources: [{ ...hr, maxAge: '7d' }] });
    company.write('roster.csv', rosterText(without('p0')), 8 * 86_400_000);
    expect(await refused()).toMatchObject({
      exitCode: 4,
      message: expect.stringContaining('"maxAge"'),
    });
    company.write('roster.csv', rosterText(without('p0')), -86_400_000);
    expect(await refused()).toMatchObject({ message: expect.stringMatching(/today is/), exitCode: 4 });
    const gbk = execFileSync('iconv', ['-f', 'utf-8', '-t', 'gbk'], { input: rosterText(without('p0')) });
    company.write('roster.csv', gbk);
    write({ sources: [{ ...hr, encoding: 'utf-8' }] });
    expect(await refused()).toMatchObject({ message: expect.stringMatching(/UTF-8|NUL/), exitCode: 4 });
    write({ sources: [{ ...hr, file: 'exports/roster-*.csv' }] });
    expect(await refused()).toMatchObject({ message: expect.stringMatching(/cannot be read|no file/), exitCode: 4 });
  });

  test('an empty file, and one with a header alone', async () => {
    for (const text of ['', rosterText([])]) {
      company.write('roster.csv', text);
      expect(await refused()).toMatchObject({ message: expect.stringMatching(/is empty|names nobody/), exitCode: 4 });
    }
  });

  test('a status that nobody has explained', async () => {
    company.write(
      'roster.csv',
      `工号,账号,状态\n${all
        .slice(2)
        .map(([id, , login]) => `${id},${login},在职`)
        .join('\n')}\nE9,x,借调\n`,
    );
    expect(await refused()).toMatchObject({
      exitCode: 4,
      message: expect.stringContaining('借调'),
    });
  });

  test('a tenth of the people: at the first reading the caps see it, later the source itself', async () => {
    const everything = { rules: [{ finding: 'leaver' }, { finding: 'orphan' }], sign: 'none' };
    company.runbook('leavers', { cleanup: everything });
    company.roster(without('p0').slice(0, 3));
    expect(await refused()).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(/ldap: \d+ of \d+ accounts of persons, more than 50%/),
    });
    // A roster in which nearly everybody has left.
    company.roster(without(...all.slice(2).map(([, , login]) => login)));
    expect(await refused()).toMatchObject({ message: expect.stringMatching(/an error of the data/), exitCode: 4 });

    company.roster(all);
    expect(await company.oaops('run', company.runbook('audit', { operation: 'audit' }))).toMatchObject({ exitCode: 0 });
    company.roster(all.slice(0, 3));
    expect(await refused()).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(/has 3 employed people, and 22 /),
    });
  });

  test('more leavers than the cap, and nobody who could sign', async () => {
    company.roster(without('p0', 'p1', 'p2', 'p3'));
    expect(await refused()).toMatchObject({
      message: expect.stringMatching(/a second person has to approve/),
      exitCode: 4,
      next: expect.stringContaining('allowedSigners'),
    });
  });
});

describe('a directory that does not answer, or not with everything', () => {
  test.each<[string, () => Promise<object>, RegExp]>([
    ['is down', async () => ({ url: `ldap://127.0.0.1:${await freePort()}` }), /127\.0\.0\.1/],
    [
      'refuses the password',
      async () => ({ password: `file:${company.write('wrong', 'wrong')}` }),
      /refused|password|credentials/i,
    ],
    ['has no such base', async () => ({ base: `ou=none,${suffix}` }), /ou=none/],
  ])('one that %s: nothing is done there, and it is told (exit 3)', async (_name, more, message) => {
    write({}, await more());
    const { exitCode, end } = await company.cleanup();
    expect(exitCode).toBe(3);
    expect(end).toMatchObject({ changed: 0, lines: [expect.stringMatching(message)] });
    expect(dump(server)).toEqual(before);
  });

  test('a limit of the server at planning: never a shorter list', async () => {
    const limit = (value: string) =>
      execFileSync('ldapmodify', ['-x', '-H', server.url, '-D', 'cn=config', '-w', 'config'], {
        input: `dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcSizeLimit\nolcSizeLimit: ${value}\n`,
        stdio: ['pipe', 'pipe', 'pipe'],
      });
    limit('5');
    try {
      const { exitCode, end } = await company.cleanup();
      expect(exitCode).toBe(3);
      expect(end).toMatchObject({ changed: 0, lines: [expect.stringMatching(/limit/)] });
    } finally {
      limit('unlimited');
    }
    expect(dump(server)).toEqual(before);
  });

  test('a login that is shown half of it since: what was read before is missed, and nothing is done there', async () => {
    const access = (rules: string) =>
      execFileSync('ldapmodify', ['-x', '-H', server.url, '-D', 'cn=config', '-w', 'config'], {
        input: `dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n${rules}`,
        stdio: ['pipe', 'pipe', 'pipe'],
      });
    const rule = `to * by dn.exact="${operator}" write by anonymous auth by self read`;
    company.roster(without());
    expect((await company.oaops('account', 'audit')).exitCode).toBe(0);
    access(`olcAccess: {0}to dn.regex="^uid=p[0-9]+,.*" by * none\nolcAccess: {1}${rule}\n`);
    try {
      company.roster(without('p0', 'wang'));
      const audit = await company.oaops('account', 'audit');
      expect([audit.exitCode, audit.stdout]).toEqual([
        3,
        expect.stringMatching(/"ldap" shows \d accounts, and \d\d on/),
      ]);
      const { exitCode, end } = await company.cleanup();
      expect([exitCode, end.changed], end.message).toEqual([3, 0]);
    } finally {
      access(`olcAccess: {0}${rule}\n`);
    }
    expect(dump(server)).toEqual(before);
  });

  test('a database of users that is down: the other directory is cleaned up all the same', async () => {
    const users = {
      id: 'oa',
      type: 'sql',
      url: `postgres://oa@127.0.0.1:${await freePort()}/oa`,
      accounts: 'select id as key, login from t_user',
    };
    write({ directories: [ldapDirectory(server, company.path('ldap.pw')), users] });
    const { exitCode, end } = await company.cleanup('--dry-run');
    expect([exitCode, JSON.stringify(end)]).toEqual([0, expect.stringContaining('p0 (ldap)')]);
    expect(JSON.stringify(end)).not.toContain('(oa)');
  });
});

describe('who must not be touched', () => {
  test('a protected leaver is left alone and told; so is whoever stands in the list twice', async () => {
    write({ protected: [{ account: 'p0', reason: 'litigation hold' }], sources: [{ ...hr, maxDuplicates: '10%' }] });
    company.roster([...without('p0', 'p1'), ['E2001', '员工1', 'p1']]);
    const { exitCode, end } = await company.cleanup();
    expect(exitCode).toBe(0);
    expect(end).toMatchObject({ changed: 0 });
    expect(end.lines).toEqual([expect.stringMatching(/p0 \(ldap\).*litigation hold/)]);
    const shown = await company.oaops('account', 'show', end.run);
    expect(shown.stdout).toMatch(/E2001 is left alone/);
    expect(dump(server)).toEqual(before);
  });

  test('most people twice: refused', async () => {
    company.roster([...all, ...without(...all.map(([, , login]) => login))]);
    expect(await refused()).toMatchObject({ message: expect.stringMatching(/several rows/), exitCode: 4 });
  });

  test('a leaver whose login is a filter, a name of an entry or a pattern is nobody else', async () => {
    const logins = ['*', '*)(uid=*', 'p0)(|(uid=*)', 'p1,ou=people', `uid=p2,${people}`, 'p3\nwang', '\\2a', 'p5 *'];
    company.roster([...all, ...logins.map((login, index): RosterRow => [`E999${index}`, '张', login, '2026-10-31'])]);
    const { exitCode, end, stderr } = await company.cleanup();
    expect(exitCode, stderr).toBe(0);
    expect(end).toMatchObject({ changed: 0, left: 0 });
    expect(dump(server)).toEqual(before);
    company.roster([...all, ['E9999', '张', 'p4\u0000', '2026-10-31']]);
    expect(await refused()).toMatchObject({ message: expect.stringMatching(/UTF-8|NUL/), exitCode: 4 });
    // Those to whom such a login belongs are found by it.
    const odd = 'zhao, qian+"x"';
    company.roster([...without(odd), ...logins.map((login, index): RosterRow => [`E999${index}`, '张', login])]);
    const found = await company.oaops('account', 'cleanup', './leavers.yaml', '--dry-run');
    expect(found.stdout, found.stderr).toContain(`${odd} (ldap): disable it`);
  });

  test('names that look like expressions or commands of a terminal are texts', async () => {
    const hostile = ['${{ inputs.x }}', '\u001b]0;owned\u0007\u001b[31m', '${{ env.HOME }}'];
    const db = new Database(company.path('oa.db'));
    db.exec('create table u (id integer primary key, login text, name text, dept text, emp text, state text)');
    for (const [index, text] of hostile.entries())
      db.prepare("insert into u values (?, ?, ?, ?, ?, 'on')").run(index, text, text, text, `H${index}`);
    for (let index = 3; index < 30; index++)
      db.prepare("insert into u values (?, ?, '', '', '', 'on')").run(index, `x${index}`);
    const users = {
      id: 'oa',
      type: 'sql',
      url: `sqlite:${company.path('oa.db')}`,
      accounts:
        "select id as key, login, name as person_name, dept as department, emp as employee, state = 'on' as enabled from u",
      look: 'select id, state from u where id = :key',
      statements: {
        disable: {
          do: "update u set state = 'off' where id = :key",
          undo: 'update u set state = :old_state where id = :key',
        },
      },
    };
    write({ directories: [users], caps: { share: '50%' } });
    const quoted = hostile.map((text, index): RosterRow => [`H${index}`, text, text, '2026-10-31']);
    company.roster([...all, ...quoted]);
    const shown = await company.atTerminal('account', 'cleanup', './leavers.yaml', '--dry-run');
    const cleaned = await company.atTerminal('account', 'cleanup', './leavers.yaml', '--yes');
    const looks = [
      await company.atTerminal('account', 'show', 'latest'),
      await company.atTerminal('account', 'undo', 'latest', '--dry-run'),
    ];
    for (const text of [shown, cleaned, ...looks]) {
      expect(text).toContain('${{ inputs.x }}');
      // Its own escapes have no such words.
      expect(text).not.toMatch(/\u001b\]0;owned|\u0007/);
      expect(text).toContain('\\u001b]0;owned');
    }
    expect(db.prepare("select login from u where state = 'off' order by id").all()).toEqual(
      hostile.map((login) => ({ login })),
    );
    const { exitCode, end } = await company.undo('latest');
    expect([exitCode, end.changed]).toEqual([0, 3]);
    expect(db.prepare("select count(*) as n from u where state = 'on'").get()).toEqual({ n: 30 });
    db.close();
  });
});
