import { execFileSync, spawnSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AccountsCompany, ldapDirectory, type RosterRow, startLdap } from '../helpers/accounts-company.ts';
import { eventually } from '../helpers/eventually.ts';
import { needs } from '../helpers/needs.ts';
import { dump, groups, hold, people } from '../helpers/oa-directory.ts';
import { type LdapServer, rootDn, suffix } from '../helpers/slapd.ts';

const hr = { id: 'hr', type: 'csv', file: 'roster.csv' };
const staff = 8;
let server: LdapServer;
let company: AccountsCompany;
let before: ReturnType<typeof dump>;
beforeEach(needs('slapd', 'ldapsearch', 'ssh-keygen'));
beforeEach(async () => {
  server = await startLdap(staff);
  company = new AccountsCompany({});
  const directories = [ldapDirectory(server, company.path('ldap.pw'))];
  company.company({ sources: [hr], directories, caps: { share: '90%', refuse: '95%' } });
  left('p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6');
  before = dump(server);
});
afterEach(async () => {
  company[Symbol.dispose]();
  await server.stop();
});

function left(...logins: string[]): void {
  company.roster(
    Array.from({ length: staff }, (_, index): RosterRow => {
      const login = `p${index}`;
      return [`E${2000 + index}`, `员工${index}`, login, logins.includes(login) ? '2026-10-31' : ''];
    }),
  );
}

const asRoot = () => ['-x', '-H', server.url, '-D', rootDn, '-w', server.password];
function modify(ldif: string): void {
  execFileSync('ldapmodify', asRoot(), { input: ldif, stdio: ['pipe', 'pipe', 'pipe'] });
}
const entry = (login: string) => `uid=${login},${people}`;

/** What somebody else does to five of six leavers after the list was made; the sixth stays as it was. */
function others(): void {
  const logIn = ['-x', '-H', server.url, '-D', entry('p0'), '-w', 'secret', '-s', 'base', '-b', entry('p0')];
  expect(spawnSync('ldapsearch', logIn).status).toBe(0);
  modify(`dn: ${entry('p1')}\nchangetype: modrdn\nnewrdn: uid=p1.new\ndeleteoldrdn: 1\n`);
  modify(`dn: cn=vpn,${groups}\nchangetype: modify\nadd: member\nmember: ${entry('p2')}\n`);
  modify(`dn: ${entry('p3')}\nchangetype: delete\n`);
  modify(
    `dn: ${entry('p4')}\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n`,
  );
}

/** A run that waits for a second person, as there are more leavers than the cap. */
async function waitingRun(): Promise<string> {
  company.configure({ approvals: { allowedSigners: company.signers('deputy') } });
  company.company({
    sources: [hr],
    directories: [ldapDirectory(server, company.path('ldap.pw'))],
    caps: { share: '10%', refuse: '95%' },
  });
  const { exitCode, end, stderr } = await company.cleanup();
  expect(exitCode, stderr).toBe(6);
  expect(dump(server)).toEqual(before);
  return end.run;
}

async function approve(run: string) {
  const approved = await company.oaops('approve', run, 'approve', '--key', company.path('keys/deputy'));
  expect(approved.exitCode, approved.stderr).toBe(0);
  return company.oaops('runs', 'resume', run);
}

/** What the run says of its accounts, each on one line. */
async function saidOf(run: string): Promise<string> {
  return (await company.oaops('account', 'show', run)).stdout.replace(/\s+/g, ' ');
}

describe('between plan and change', () => {
  test('a plan in a file is carried out as long as nothing has changed, else refused (exit 4)', async () => {
    for (const name of ['first', 'second']) {
      const planned = await company.oaops('runbook', 'plan', './leavers.yaml', '--out', `${name}.plan.json`);
      expect(planned.exitCode, planned.stderr).toBe(0);
    }
    expect(dump(server)).toEqual(before);
    const { exitCode, end, stderr } = await company.run('account', 'cleanup', '--plan', 'first.plan.json');
    expect(exitCode, stderr).toBe(0);
    expect(end).toMatchObject({ changed: 7, left: 0 });
    const undone = await company.undo(end.run);
    expect([undone.exitCode, undone.end.changed]).toEqual([0, 7]);
    expect(dump(server)).toEqual(before);
    others();
    const since = dump(server);
    const late = await company.run('account', 'cleanup', '--plan', 'second.plan.json');
    expect(late.exitCode).toBe(4);
    expect(JSON.parse(late.stderr).error).toMatchObject({
      code: 'plan-stale',
      next: expect.stringContaining('Make it again'),
    });
    expect(dump(server)).toEqual(since);
  });

  test('a run that waits for a signature: whoever is not what he was is left as he is, the rest is done (exit 3)', async () => {
    const run = await waitingRun();
    others();
    // p5 is employed again.
    left('p0', 'p1', 'p2', 'p3', 'p4', 'p6');
    const since = dump(server);
    const { exitCode, stderr } = await approve(run);
    expect(exitCode, stderr).toBe(3);
    const said = await saidOf(run);
    expect(said).toMatch(/somebody logged in with it since the plan was made \(2/);
    expect(said).toMatch(/its login was changed since the plan was made \(p1 -> p1.new\)/);
    expect(said).toMatch(/its rights were changed since the plan was made/);
    expect(said).toMatch(/it is gone/);
    expect(said).toMatch(/its state was changed since the plan was made/);
    expect(said).toMatch(/E2005 is employed/);
    const now = dump(server);
    for (const login of ['p0', 'p1.new', 'p2', 'p4', 'p5'])
      expect(now[`dn: ${entry(login)}`]).toEqual(since[`dn: ${entry(login)}`]);
    expect(
      Object.keys(now)
        .filter((dn) => dn.includes(hold))
        .sort(),
    ).toEqual([`dn: ${hold}`, `dn: uid=p6,${hold}`]);
    const undone = await company.undo(run);
    expect([undone.exitCode, undone.end.lines]).toEqual([0, ['p6 (ldap): restored']]);
    expect(dump(server)).toEqual(since);
  });

  test.each<[string, () => void, RegExp]>([
    [
      'is gone',
      () => renameSync(company.path('roster.csv'), company.path('away')),
      /not read again, so nothing is changed: .*roster\.csv/,
    ],
    [
      'is half of what it was',
      () =>
        company.roster([
          ['E2000', '员工0', 'p0', '2026-10-31'],
          ['E2006', '员工6', 'p6'],
        ]),
      /not read again, so nothing is changed: 2 people/,
    ],
  ])('a roster that %s when the sources are read again: nothing is changed', async (_name, spoil, message) => {
    const run = await waitingRun();
    spoil();
    const { exitCode, stdout, stderr } = await approve(run);
    expect(exitCode, stdout).toBe(4);
    expect(`${stdout}${stderr}`).toMatch(message);
    expect(dump(server)).toEqual(before);
  });

  test('a plan that is older than the runbook allows, or whose runbook has changed since', async () => {
    const cleanup = { sign: 'none', rules: [{ finding: 'leaver' }] };
    company.runbook('leavers', { cleanup: { ...cleanup, planMaxAge: '1s' } });
    await company.oaops('runbook', 'plan', './leavers.yaml', '--out', 'old.plan.json');
    const { createdAt } = JSON.parse(company.read('old.plan.json')) as { createdAt: string };
    await eventually(() => Date.now() - Date.parse(createdAt) > 1500);
    const old = await company.run('account', 'cleanup', '--plan', 'old.plan.json');
    expect(old.exitCode, old.stderr).toBe(4);
    expect(old.end.message).toMatch(/older than 1.0 s$/);

    await company.oaops('runbook', 'plan', './leavers.yaml', '--out', 'other.plan.json');
    company.runbook('leavers', { cleanup });
    const other = await company.run('account', 'cleanup', '--plan', 'other.plan.json');
    expect(other.exitCode).toBe(4);
    expect(JSON.parse(other.stderr).error.next).toMatch(/plan/i);
    expect(dump(server)).toEqual(before);
  });

  test('two at once: one of them does it, the other one says who does (exit 11), and nothing is done twice', async () => {
    const both = await Promise.all([company.cleanup(), company.cleanup()]);
    expect(both.map(({ exitCode }) => exitCode).sort()).toEqual([0, 11]);
    const refused = both.find(({ exitCode }) => exitCode === 11)!;
    expect(JSON.parse(refused.stderr).error.next).toMatch(/\w/);
    const { end } = both.find(({ exitCode }) => exitCode === 0)!;
    expect(end).toMatchObject({ changed: 7, left: 0 });
    const undone = await company.undo(end.run);
    expect(undone.exitCode).toBe(0);
    expect(dump(server)).toEqual(before);
  });

  test('an entry that somebody has moved elsewhere is the same entry', async () => {
    modify(`dn: ou=left,${suffix}\nchangetype: add\nobjectClass: organizationalUnit\nou: left\n`);
    modify(`dn: ou=east,${people}\nchangetype: add\nobjectClass: organizationalUnit\nou: east\n`);
    before = dump(server);
    const run = await waitingRun();
    modify(`dn: ${entry('p0')}\nchangetype: modrdn\nnewrdn: uid=p0\ndeleteoldrdn: 0\nnewsuperior: ou=east,${people}\n`);
    modify(`dn: ${entry('p1')}\nchangetype: modrdn\nnewrdn: uid=p1\ndeleteoldrdn: 0\nnewsuperior: ou=left,${suffix}\n`);
    const since = dump(server);
    const { exitCode } = await approve(run);
    expect(exitCode).toBe(3);
    // Their groups still name the old place, so their rights are others; whoever was moved out of the area is gone.
    const said = await saidOf(run);
    expect(said).toMatch(/p0 \(ldap\).*its rights were changed since the plan was made.*p1 \(ldap\).*it is gone/);
    const undone = await company.undo(run);
    expect([undone.exitCode, undone.end.changed]).toEqual([0, 5]);
    expect(dump(server)).toEqual(since);
  });
});
