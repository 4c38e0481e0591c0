import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AccountsCompany, ldapDirectory, type RosterRow, startLdap } from '../helpers/accounts-company.ts';
import { needs } from '../helpers/needs.ts';
import { dump, groups, hold, people } from '../helpers/oa-directory.ts';
import { type LdapServer, rootDn } from '../helpers/slapd.ts';

const staff = 6;
const leavers = ['p0', 'p1', 'p2'];
let server: LdapServer;
let company: AccountsCompany;
let before: ReturnType<typeof dump>;
beforeEach(needs('slapd', 'ldapsearch', 'faketime'));
beforeEach(async () => {
  server = await startLdap(staff);
  company = new AccountsCompany({});
  company.company({
    sources: [{ id: 'hr', type: 'csv', file: 'roster.csv' }],
    directories: [ldapDirectory(server, company.path('ldap.pw'))],
    caps: { share: '90%', refuse: '95%' },
  });
  company.roster(
    Array.from({ length: staff }, (_, index): RosterRow => {
      const login = `p${index}`;
      return [`E${2000 + index}`, `员工${index}`, login, leavers.includes(login) ? '2026-10-31' : ''];
    }),
  );
  before = dump(server);
});
afterEach(async () => {
  company[Symbol.dispose]();
  await server.stop();
});

function modify(ldif: string): void {
  execFileSync('ldapmodify', ['-x', '-H', server.url, '-D', rootDn, '-w', server.password], {
    input: ldif,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}
async function cleaned(): Promise<string> {
  const { exitCode, end, stderr } = await company.cleanup();
  expect(exitCode, stderr).toBe(0);
  expect(end).toMatchObject({ changed: 3, left: 0 });
  return end.run;
}

describe('what somebody else has changed since', () => {
  test('attributes that the run has not touched stay, and are no conflict', async () => {
    const run = await cleaned();
    modify(
      `dn: uid=p0,${hold}\nchangetype: modify\nadd: description\ndescription: handed over\n-\nadd: mail\nmail: p0@example.com\n`,
    );
    const { exitCode, end } = await company.undo(run);
    expect([exitCode, end.changed]).toEqual([0, 3]);
    const entry = `dn: uid=p0,${people}`;
    const more = ['description: handed over', 'mail: p0@example.com'];
    expect(dump(server)).toEqual({ ...before, [entry]: [...before[entry]!, ...more].sort() });
  });

  test('another lock, another place, a group that is gone: each is told (exit 3), stays, and can be undone later', async () => {
    const run = await cleaned();
    modify(
      `dn: uid=p0,${hold}\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: 20261101000000Z\n`,
    );
    modify(`dn: ou=gone,${people}\nchangetype: add\nobjectClass: organizationalUnit\nou: gone\n`);
    modify(`dn: uid=p1,${hold}\nchangetype: modrdn\nnewrdn: uid=p1\ndeleteoldrdn: 0\nnewsuperior: ou=gone,${people}\n`);
    modify(`dn: cn=wiki,${groups}\nchangetype: delete\n`);
    const { exitCode, end } = await company.undo(run);
    expect(exitCode).toBe(3);
    expect(end.lines.toSorted()).toEqual([
      expect.stringMatching(
        /^p0 \(ldap\): restored but for: .*(changed|other).*somebody|^p0 \(ldap\): restored but for: .*pwdAccountLockedTime/,
      ),
      expect.stringMatching(/^p1 \(ldap\): restored but for: .*ou=gone.*moved by somebody else, and stays there/),
      expect.stringMatching(/^p2 \(ldap\): restored but for: .*cn=wiki/),
    ]);
    const now = dump(server);
    expect(now[`dn: uid=p0,${people}`]).toContain('pwdAccountLockedTime: 20261101000000Z');
    expect(now[`dn: uid=p1,ou=gone,${people}`]).toBeDefined();
    expect(now[`dn: uid=p2,${people}`]).toEqual(before[`dn: uid=p2,${people}`]);
    expect(now[`dn: cn=wiki,${groups}`]).toBeUndefined();
    // What stood in the way is mended: the rest is taken back.
    const wiki = before[`dn: cn=wiki,${groups}`]!;
    const others = wiki.filter((line) => /^(objectClass|cn|member): (?!uid=p[012],)/.test(line));
    modify(`dn: cn=wiki,${groups}\nchangetype: add\n${others.join('\n')}\n`);
    modify(`dn: uid=p0,${people}\nchangetype: modify\ndelete: pwdAccountLockedTime\n`);
    const again = await company.undo(run);
    expect([again.exitCode, again.end.lines.toSorted()]).toEqual([
      3,
      ['p0 (ldap): restored', expect.stringMatching(/^p1 .*moved by somebody else/), 'p2 (ldap): restored'],
    ]);
    const members = dump(server)[`dn: cn=wiki,${groups}`];
    for (const login of ['p0', 'p2']) expect(members).toContain(`member: uid=${login},${people}`);
    expect(dump(server)[`dn: uid=p0,${people}`]).toEqual(before[`dn: uid=p0,${people}`]);
  });

  test('an entry that is deleted, and one whose old name is taken', async () => {
    const run = await cleaned();
    modify(`dn: uid=p0,${hold}\nchangetype: delete\n`);
    modify(`dn: uid=p1,${people}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: p1\nsn: new\ncn: another p1\n`);
    const { exitCode, end } = await company.undo(run);
    expect(exitCode).toBe(3);
    expect(end.lines.toSorted()).toEqual([
      expect.stringMatching(/^p0 \(ldap\): restored but for: .*deleted by somebody else/),
      expect.stringMatching(/^p1 \(ldap\): restored but for: .*cannot be moved back/),
      'p2 (ldap): restored',
    ]);
    expect(dump(server)[`dn: uid=p1,${people}`]).toContain('cn: another p1');
  });
});

describe('undo again', () => {
  test('only some of it, the rest, twice, and an undo of the undo', async () => {
    const run = await cleaned();
    const one = await company.undo(run, '--account', 'p1');
    expect([one.exitCode, one.end.lines]).toEqual([0, ['p1 (ldap): restored']]);
    expect(dump(server)[`dn: uid=p0,${hold}`]).toBeDefined();
    const unknown = await company.undo(run, '--account', 'p1');
    expect(unknown.exitCode).toBe(2);
    const rest = await company.undo(run);
    expect([rest.exitCode, rest.end.changed]).toEqual([0, 2]);
    expect(dump(server)).toEqual(before);
    const twice = await company.undo(run);
    expect([twice.exitCode, JSON.parse(twice.stderr).error.code]).toEqual([4, 'nothing-to-undo']);
    const ofUndo = await company.undo(rest.end.run);
    expect(ofUndo.exitCode).toBe(2);
    expect(JSON.parse(ofUndo.stderr).error).toMatchObject({
      code: 'not-an-account-review',
      next: expect.stringContaining('oaops account cleanup'),
    });
    expect(dump(server)).toEqual(before);
    // And all of it once more.
    await company.undo(await cleaned());
    expect(dump(server)).toEqual(before);
  });
});

describe('hold, delete, and undo of the deletion', () => {
  test('never in one run; after the hold; not of whom somebody has used; all attributes and groups come back', async () => {
    const rules = [{ finding: 'leaver', deleteAfter: '30d' }];
    company.runbook('leavers', { cleanup: { sign: 'none', rules } });
    await cleaned();
    const held = dump(server);
    const early = await company.cleanup();
    expect([early.exitCode, early.end.changed], early.stderr).toEqual([0, 0]);
    expect(dump(server)).toEqual(held);
    company.passDays(31);
    // Somebody has taken p2 out of the hold area.
    modify(`dn: uid=p2,${hold}\nchangetype: modrdn\nnewrdn: uid=p2\ndeleteoldrdn: 0\nnewsuperior: ${people}\n`);
    const unconfirmed = await company.cleanup();
    expect(unconfirmed.exitCode, unconfirmed.stderr).toBe(3);
    expect(unconfirmed.end.lines.join('\n')).toMatch(/p0 \(ldap\): not deleted after its hold: .*--confirm leavers/);
    const unchanged = dump(server);
    expect(unchanged[`dn: uid=p0,${hold}`]).toEqual(held[`dn: uid=p0,${hold}`]);
    const deleting = await company.cleanup('--confirm', 'leavers');
    expect(deleting.exitCode, deleting.stderr).toBe(3);
    expect(deleting.end.lines.toSorted()).toEqual([
      'left alone: p2 (ldap): somebody has moved it out of the hold area',
      'p0 (ldap): deleted uid=p0,ou=hold,dc=example,dc=com',
      'p1 (ldap): deleted uid=p1,ou=hold,dc=example,dc=com',
    ]);
    const now = dump(server);
    expect([now[`dn: uid=p0,${hold}`], now[`dn: uid=p0,${people}`]]).toEqual([undefined, undefined]);
    const undone = await company.undo(deleting.end.run);
    expect(undone.exitCode).toBe(3);
    expect(undone.end.lines[0]).toMatch(/restored but for: .*has no password: set a new one/);
    const back = dump(server);
    const plain = (entry: string[] | undefined) =>
      entry?.filter((line) => /^(uid|cn|sn|employeeNumber|objectClass|pwdAccountLockedTime):/.test(line));
    for (const login of ['p0', 'p1'])
      expect(plain(back[`dn: uid=${login},${hold}`])).toEqual(plain(held[`dn: uid=${login},${hold}`]));
    for (const name of ['all', 'wiki'])
      expect(back[`dn: cn=${name},${groups}`]).toEqual(held[`dn: cn=${name},${groups}`]);
  });
});
