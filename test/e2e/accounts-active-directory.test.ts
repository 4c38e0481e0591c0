import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AccountsCompany, type RosterRow } from '../helpers/accounts-company.ts';
import { needs, packagesMissing } from '../helpers/needs.ts';
import {
  administrator,
  administratorPassword,
  type DomainController,
  domainDn,
  startDomainController,
} from '../helpers/samba.ts';

const programs = ['samba', 'samba-tool', 'ldapsearch', 'openssl'];
const staff = `OU=Staff,${domainDn}`;
const hold = `OU=Hold,${domainDn}`;
const secret = 'Start-123456';
const people = ['wang', 'li', 'zhao', 'sun'];
const isRoot = process.getuid?.() === 0;
let controller: DomainController;
let company: AccountsCompany;

beforeEach(needs(...programs));
beforeEach(({ skip }) => skip(!isRoot, 'LDAP of a domain controller has a fixed port, which needs root'));
beforeAll(async () => {
  if (packagesMissing(...programs).length > 0 || !isRoot) return;
  controller = await startDomainController();
  const password = Buffer.from(`"${secret}"`, 'utf16le').toString('base64');
  const add = (dn: string, text: string) => `dn: ${dn}\nchangetype: add\n${text}`;
  modify(
    [
      add(staff, 'objectClass: organizationalUnit\n'),
      add(hold, 'objectClass: organizationalUnit\n'),
      ...people.map((login, at) =>
        add(
          `CN=${login},${staff}`,
          `objectClass: user\nsAMAccountName: ${login}\nunicodePwd:: ${password}\nuserAccountControl: 66048\nemployeeID: E${at}\n`,
        ),
      ),
      add(
        `CN=vpn,${staff}`,
        `objectClass: group\nsAMAccountName: vpn\nmember: CN=wang,${staff}\nmember: CN=li,${staff}\n`,
      ),
    ].join('\n'),
  );
  company = new AccountsCompany({});
  company.write('ad.pw', administratorPassword);
  company.company({
    sources: [{ id: 'hr', type: 'csv', file: 'roster.csv' }],
    directories: [
      {
        id: 'ad',
        type: 'active-directory',
        url: controller.secureUrl,
        caFile: controller.caFile,
        bindDn: administrator,
        password: `file:${company.path('ad.pw')}`,
        base: staff,
        groupBase: staff,
        holdBase: hold,
      },
    ],
    caps: { share: '90%', refuse: '95%' },
  });
}, 120_000);
afterAll(async () => {
  company?.[Symbol.dispose]();
  await controller?.stop();
});

function login(): string[] {
  return ['-x', '-H', controller.secureUrl, '-D', administrator, '-w', administratorPassword];
}
function modify(ldif: string): void {
  execFileSync('ldapmodify', login(), {
    input: ldif,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LDAPTLS_CACERT: controller.caFile },
  });
}
/** What changes with every change, or with a login. */
const always = /^(whenChanged|uSN\w+|last\w+|logonCount|bad\w+|dSCorePropagationData|msDS-\w*)::? /;
function dump(): string[][] {
  const env = { ...process.env, LDAPTLS_CACERT: controller.caFile };
  const read = (base: string) =>
    String(execFileSync('ldapsearch', [...login(), '-LLL', '-o', 'ldif-wrap=no', '-b', base, '*'], { env }));
  return `${read(staff).trim()}\n\n${read(hold).trim()}`
    .split('\n\n')
    .map((entry) =>
      entry
        .split('\n')
        .filter((line) => !always.test(line))
        .sort(),
    )
    .sort();
}
function canLogIn(name: string): boolean {
  const options = ['-x', '-H', controller.url, '-D', `${name}@example.test`, '-w', secret];
  return spawnSync('ldapsearch', [...options, '-b', '', '-s', 'base']).status === 0;
}
function roster(...left: string[]): void {
  company.roster(people.map((name, at): RosterRow => [`E${at}`, name, name, left.includes(name) ? '2026-10-31' : '']));
}

describe('a domain of Active Directory', () => {
  test('is audited, cleaned up and put back as it was', async () => {
    roster('wang');
    const before = dump();
    const audit = await company.oaops('account', 'audit', '--json');
    expect(audit.exitCode, audit.stderr).toBe(0);
    expect(JSON.parse(audit.stdout).findings).toContainEqual(
      expect.objectContaining({ type: 'leaver', login: 'wang', person: 'E0' }),
    );
    const { exitCode, end, stderr } = await company.run('account', 'cleanup', company.path('leavers.yaml'), '--yes');
    expect([exitCode, end.changed, end.left], stderr).toEqual([0, 1, 0]);
    expect(canLogIn('wang')).toBe(false);
    expect(canLogIn('li')).toBe(true);
    const text = dump().flat().join('\n');
    expect(text).toContain(`dn: CN=wang,${hold}`);
    expect(text).not.toContain('member: CN=wang');
    const undo = await company.run('account', 'undo', end.run, '--yes');
    expect([undo.exitCode, undo.end.changed], undo.stderr).toEqual([0, 1]);
    expect(dump()).toEqual(before);
    expect(canLogIn('wang')).toBe(true);
  }, 120_000);

  test('that does not let anybody in is never an empty one', async () => {
    roster();
    const before = dump();
    company.write('ad.pw', 'not the password');
    const audit = await company.oaops('account', 'audit');
    expect(audit.exitCode).toBe(3);
    const cleanup = await company.run('account', 'cleanup', company.path('leavers.yaml'), '--yes');
    expect(cleanup.exitCode).toBe(3);
    company.write('ad.pw', administratorPassword);
    expect(dump()).toEqual(before);
  }, 120_000);
});
