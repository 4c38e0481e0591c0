import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openActiveDirectory } from '../../../src/accounts/directories/active-directory.ts';
import type { Change, EntryRef, Image, OpenDirectory } from '../../../src/accounts/directory.ts';
import type { PolicyRow } from '../../../src/accounts/model.ts';
import { judgePolicies } from '../../../src/accounts/policy/judge.ts';
import { type DirectorySpecOf, directorySchema } from '../../../src/accounts/schema/directories.ts';
import { policiesSchema } from '../../../src/accounts/schema/rules.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';
import { ldapDoors } from '../../helpers/oa-directory.ts';
import {
  administrator,
  administratorPassword,
  type DomainController,
  domainDn,
  startDomainController,
} from '../../helpers/samba.ts';

const programs = ['samba', 'samba-tool', 'ldapsearch', 'openssl'];
const signal = new AbortController().signal;
const staff = `OU=Staff,${domainDn}`;
const hold = `OU=Hold,${domainDn}`;
const secret = 'Start-123456';
let controller: DomainController;
let directory: OpenDirectory | undefined;

const isRoot = process.getuid?.() === 0;
beforeEach(needs(...programs));
beforeEach(({ skip }) => skip(!isRoot, 'LDAP of a domain controller has a fixed port, which needs root'));
beforeAll(async () => {
  if (packagesMissing(...programs).length > 0 || !isRoot) return;
  controller = await startDomainController();
  const password = Buffer.from(`"${secret}"`, 'utf16le').toString('base64');
  const user = (dn: string, login: string, more = '') =>
    `dn:: ${Buffer.from(dn).toString('base64')}\nobjectClass: user\nsAMAccountName: ${login}\nunicodePwd:: ${password}\nuserAccountControl: 512\n${more}`;
  const group = (name: string, member = '') =>
    `dn: CN=${name},${staff}\nobjectClass: group\nsAMAccountName: ${name}\n${member && `member: ${member}\n`}`;
  change(
    [
      `dn: ${staff}\nobjectClass: organizationalUnit\n`,
      `dn: ${hold}\nobjectClass: organizationalUnit\n`,
      user(
        `CN=wang,${staff}`,
        'wang',
        'employeeID: E1001\nmail: wang@example.com\ndisplayName:: 546L5bCP5piO\ndepartment: IT\ntitle: Engineer\nthumbnailPhoto:: /9j/AA==\naccountExpires: 0\n',
      ),
      user(`CN=li,${staff}`, 'li'),
      user(`CN=赵\\, "qian" + \\#1,${staff}`.replaceAll('"', '\\"').replace(' + ', ' \\+ '), 'zhao'),
      user(`CN=nested,${staff}`, 'nested'),
      user(`CN=svc,${staff}`, 'svc$'),
      group('vpn', `CN=wang,${staff}`),
      group('mail', `CN=wang,${staff}`),
      group('inner', `CN=nested,${staff}`),
      `dn: CN=Backup Operators,CN=Builtin,${domainDn}\nchangetype: modify\nadd: member\nmember: CN=inner,${staff}\n`,
    ].map((ldif) => (ldif.includes('changetype') ? ldif : ldif.replace('\n', '\nchangetype: add\n'))),
  );
}, 120_000);
afterAll(async () => controller?.stop());
afterEach(async () => {
  await directory?.close();
  directory = undefined;
});

function change(ldif: string | string[]): void {
  execFileSync('ldapmodify', ['-x', '-H', controller.secureUrl, '-D', administrator, '-w', administratorPassword], {
    input: [ldif].flat().join('\n'),
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LDAPTLS_CACERT: controller.caFile },
  });
}
function canLogIn(login: string, password = secret): boolean {
  const options = ['-x', '-H', controller.url, '-D', `${login}@example.test`, '-w', password];
  return spawnSync('ldapsearch', [...options, '-b', '', '-s', 'base']).status === 0;
}
/** What changes with every change, or with a login. */
const always = /^(whenChanged|uSN\w+|last\w+|logonCount|bad\w+|dSCorePropagationData|msDS-\w*)::? /;
function dump(without?: RegExp): Record<string, string[]> {
  const options = ['-x', '-H', controller.url, '-D', administrator, '-w', administratorPassword];
  const text = String(execFileSync('ldapsearch', [...options, '-LLL', '-o', 'ldif-wrap=no', '-b', staff, '*']));
  const text2 = String(execFileSync('ldapsearch', [...options, '-LLL', '-o', 'ldif-wrap=no', '-b', hold, '*']));
  const entries = `${text.trim()}\n\n${text2.trim()}`.split('\n\n');
  return Object.fromEntries(
    entries.map((entry) => {
      const [dn, ...lines] = entry.split('\n');
      return [dn!, lines.filter((line) => !always.test(line) && !without?.test(line)).sort()];
    }),
  );
}
function specOf(spec: Record<string, unknown> = {}): DirectorySpecOf<'active-directory'> {
  return directorySchema.parse({
    type: 'active-directory',
    id: 'ad',
    url: controller.secureUrl,
    caFile: controller.caFile,
    bindDn: administrator,
    password: 'env:PW',
    base: staff,
    holdBase: hold,
    createBase: staff,
    ...spec,
  }) as DirectorySpecOf<'active-directory'>;
}
async function open(spec: Record<string, unknown> = {}): Promise<OpenDirectory> {
  directory = await openActiveDirectory(specOf(spec), ldapDoors(administratorPassword), signal);
  return directory;
}
async function refOf(login: string): Promise<EntryRef> {
  const { accounts } = await directory!.read(signal);
  const { key, name } = accounts.find((account) => account.login === login)!;
  return { key, name, login };
}
const groupDn = (name: string) => `CN=${name},${staff}`;

describe('reading', () => {
  test('brings accounts with their rights, states and times', async () => {
    await open();
    const { accounts, problems } = await directory!.read(signal);
    expect(problems).toEqual([]);
    expect(accounts.find(({ login }) => login === 'wang')).toEqual({
      directory: 'ad',
      key: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      name: `CN=wang,${staff}`,
      login: 'wang',
      employee: 'E1001',
      mail: 'wang@example.com',
      personName: '王小明',
      department: 'IT',
      post: 'Engineer',
      use: 'person',
      state: 'enabled',
      held: false,
      createdAt: expect.any(Number),
      lastUse: { never: true, from: 'lastLogonTimestamp' },
      passwordChangedAt: expect.any(Number),
      passwordNeverExpires: false,
      privileged: [],
      rights: [groupDn('mail'), groupDn('vpn')],
    });
    expect(canLogIn('li')).toBe(true);
    const li = (await directory!.look(await refOf('li'), signal))!.account;
    expect(li.lastUse).toEqual({ at: expect.any(Number), from: 'lastLogonTimestamp' });
    expect(Math.abs(Date.now() - ('at' in li.lastUse ? li.lastUse.at : 0))).toBeLessThan(600_000);
  });

  test('power that comes through other groups is seen', async () => {
    await open({ privileged: ['v?n'] });
    const { accounts } = await directory!.read(signal);
    const privileged = Object.fromEntries(accounts.map((account) => [account.login, account.privileged]));
    expect(privileged).toMatchObject({ nested: ['Backup Operators'], wang: ['vpn'], li: [] });
  });

  test('what Active Directory needs itself is not touched', async () => {
    await open({ base: domainDn, holdBase: undefined, filter: '(objectClass=user)' });
    const { accounts } = await directory!.read(signal);
    const untouchable = Object.fromEntries(accounts.map((account) => [account.login, account.untouchable]));
    expect(untouchable).toMatchObject({
      Administrator: 'oaops logs in with it',
      Guest: 'the built-in Guest',
      krbtgt: 'krbtgt, which signs all tickets',
      DC1$: 'a computer, a trust or a managed service account',
      svc$: 'a computer, a trust or a managed service account',
      wang: undefined,
    });
    expect(accounts.find(({ login }) => login === 'krbtgt')).toMatchObject({ state: 'disabled', use: 'default' });
    expect(accounts.find(({ login }) => login === 'Guest')).toMatchObject({ state: 'disabled', use: 'default' });
  });

  test('a refused login and a base outside of the domain are errors', async () => {
    await expect(open({ bindDn: 'nobody@example.test' })).rejects.toThrow(
      expect.objectContaining({ code: 'directory-refused' }),
    );
    await expect(open({ base: 'OU=x,DC=other,DC=test' })).rejects.toThrow(
      expect.objectContaining({ code: 'domain-missing', exitCode: 2 }),
    );
  });
});

type Marks = { change: Change; mark: Image | null }[];
/** Carries changes out, each of them twice as after a kill, and gives what undo needs. */
async function carryOut(ref: EntryRef, changes: Change[]) {
  const { image } = (await directory!.look(ref, signal))!;
  const marks: Marks = [];
  const left: string[] = [];
  let at = ref;
  for (const each of changes) {
    const first = await directory!.change(at, each, image, signal);
    const again = await directory!.change({ ...at, name: first.name }, each, image, signal);
    expect(again.done).toEqual([]);
    expect(again.mark).toEqual(first.mark);
    marks.push({ change: each, mark: JSON.parse(JSON.stringify(again.mark)) });
    left.push(...again.left);
    at = { ...at, name: first.name };
  }
  expect(JSON.stringify(image)).not.toMatch(/unicodePwd/i);
  return { image: JSON.parse(JSON.stringify(image)) as Image, marks, left, ref: at };
}

const leaving: Change[] = [{ do: 'disable' }, { do: 'strip' }, { do: 'hold' }];

test.each(['wang', 'zhao'])('disable, strip and hold of %s are made, and undo puts everything back', async (login) => {
  await open();
  const ref = await refOf(login);
  const before = dump();
  expect(canLogIn(login)).toBe(true);
  const made = await carryOut(ref, leaving);
  expect(made.left).toEqual([]);
  expect(canLogIn(login)).toBe(false);
  expect((await directory!.look(ref, signal))!.account).toMatchObject({ state: 'disabled', held: true, rights: [] });
  const restored = await directory!.restore(made.ref, made.image, made.marks, signal);
  expect(restored.conflicts).toEqual([]);
  expect(dump()).toEqual(before);
  expect(canLogIn(login)).toBe(true);
  expect(await directory!.restore(made.ref, made.image, made.marks, signal)).toEqual({ done: [], conflicts: [] });
});

test('undo knows what a change did that was cut off before it was told', async () => {
  await open();
  const wang = await refOf('wang');
  const before = dump();
  const made = await carryOut(wang, [
    ...leaving,
    { do: 'grant', rights: [groupDn('inner')] },
    { do: 'update', attributes: { department: '财务部', post: '' } },
  ]);
  const untold = made.marks.map(({ change: each }) => ({ change: each, mark: null }));
  expect((await directory!.restore(made.ref, made.image, untold, signal)).conflicts).toEqual([]);
  expect(dump()).toEqual(before);
});

test('only the one bit is set and taken back: what somebody else set beside it stays', async () => {
  await open();
  const li = await refOf('li');
  const made = await carryOut(li, [{ do: 'disable' }]);
  change(
    `dn: ${li.name}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: ${0x200 | 0x2 | 0x10000}\n`,
  );
  expect((await directory!.restore(made.ref, made.image, made.marks, signal)).conflicts).toEqual([]);
  expect(dump()[`dn: ${li.name}`]).toContain(`userAccountControl: ${0x200 | 0x10000}`);
  expect((await directory!.look(li, signal))!.account.passwordNeverExpires).toBe(true);
});

test('an account that was disabled before stays so after undo', async () => {
  await open();
  const li = await refOf('li');
  change(`dn: ${li.name}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n`);
  const made = await carryOut(li, leaving);
  expect((await directory!.restore(made.ref, made.image, made.marks, signal)).conflicts).toEqual([]);
  expect((await directory!.look(li, signal))!.account.state).toBe('disabled');
  change(`dn: ${li.name}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 512\n`);
});

test('a deleted entry is made anew with its groups, disabled, and what is lost is told', async () => {
  await open();
  const wang = await refOf('wang');
  const own = /^(objectGUID|objectSid|whenCreated|pwdLastSet|userAccountControl):/;
  const before = dump(own);
  const made = await carryOut(wang, [{ do: 'delete' }]);
  expect(await directory!.look(wang, signal)).toBeUndefined();
  const { conflicts } = await directory!.restore(made.ref, made.image, made.marks, signal);
  expect(conflicts).toEqual([
    `${wang.name} has no password: set a new one`,
    `${wang.name} has a new SID: what was granted to the old one has to be granted anew`,
    `${wang.name} stays disabled until it has a password`,
  ]);
  expect(dump(own)).toEqual(before);
  await directory!.restore(made.ref, made.image, made.marks, signal);
  expect(dump(own)).toEqual(before);
});

test('whoever was disabled, deleted and made anew is not enabled without a password', async () => {
  await open();
  const made = await directory!.create({ login: 'gone', attributes: {}, password: 'One-Time-123456' }, signal);
  const first = await carryOut(made, [{ do: 'disable' }]);
  const second = await carryOut(made, [{ do: 'delete' }]);
  const { key } = await directory!.restore(second.ref, second.image, second.marks, signal);
  expect(key).not.toBe(made.key);
  const now = { ...made, key: key!, anew: true as const };
  expect(await directory!.restore(now, first.image, first.marks, signal)).toEqual({
    done: [],
    conflicts: [`${made.name} stays disabled until it has a password`],
  });
  expect((await directory!.look(now, signal))!.account.state).toBe('disabled');
  const password = Buffer.from('"Another-123456"', 'utf16le').toString('base64');
  change(`dn: ${made.name}\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: ${password}\n`);
  expect(await directory!.restore(now, first.image, first.marks, signal)).toMatchObject({ conflicts: [] });
  expect((await directory!.look(now, signal))!.account.state).toBe('enabled');
  // Everything but the number that the domain gives.
  const again = await directory!.restore({ ...second.ref, key: key! }, second.image, second.marks, signal);
  expect(again.conflicts).toEqual([expect.stringContaining('has a new SID')]);
});

test('a new account must change its password, and its login is taken once', async () => {
  await open();
  const password = 'One-Time-123456';
  const ref = await directory!.create(
    {
      login: 'new.one',
      attributes: { personName: '新人', employee: 'E7' },
      password,
      expiresAt: Date.parse('2030-01-01T00:00:00Z'),
    },
    signal,
  );
  expect((await directory!.look(ref, signal))!.account).toMatchObject({
    login: 'new.one',
    personName: '新人',
    employee: 'E7',
    state: 'enabled',
    expiresAt: Date.parse('2030-01-01T00:00:00Z'),
  });
  expect(dump()[`dn: ${ref.name}`]).toContain('pwdLastSet: 0');
  await expect(directory!.create({ login: 'NEW.one', attributes: {}, password }, signal)).rejects.toThrow(
    expect.objectContaining({ code: 'account-exists', exitCode: 4 }),
  );
  await expect(directory!.create({ login: 'weak', attributes: {}, password: 'x' }, signal)).rejects.toThrow(
    expect.objectContaining({ code: 'directory-change-refused' }),
  );
  await expect(refOf('weak')).rejects.toThrow();
  await directory!.close();
  await open({ url: controller.url, caFile: undefined });
  await expect(directory!.create({ login: 'other', attributes: {}, password }, signal)).rejects.toThrow(
    expect.objectContaining({ code: 'directory-password-plain', exitCode: 2 }),
  );
});

test('the policy of the domain and those of their own are told with whom they hold for', async () => {
  await open();
  change([
    `dn: CN=strict,CN=Password Settings Container,CN=System,${domainDn}\nchangetype: add\nobjectClass: msDS-PasswordSettings\nmsDS-PasswordSettingsPrecedence: 10\nmsDS-PasswordReversibleEncryptionEnabled: FALSE\nmsDS-PasswordHistoryLength: 24\nmsDS-PasswordComplexityEnabled: TRUE\nmsDS-MinimumPasswordLength: 20\nmsDS-MinimumPasswordAge: -864000000000\nmsDS-MaximumPasswordAge: -77760000000000\nmsDS-LockoutThreshold: 5\nmsDS-LockoutObservationWindow: -18000000000\nmsDS-LockoutDuration: -18000000000\nmsDS-PSOAppliesTo: CN=vpn,${staff}\n`,
    `dn: CN=nested,${staff}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 66048\n`,
  ]);
  const rows = await directory!.policy(signal);
  const ofDomain = (rule: string) => rows.find((row) => row.scope === domainDn && row.rule === rule);
  expect(ofDomain('min-length')).toEqual({
    directory: 'ad',
    scope: domainDn,
    rule: 'min-length',
    value: 7,
    unit: 'characters',
    from: 'minPwdLength',
    exceptions: [`CN=vpn,${staff}: CN=strict,CN=Password Settings Container,CN=System,${domainDn}`],
  });
  expect(ofDomain('max-age')).toMatchObject({ value: 42, unit: 'days' });
  expect(ofDomain('max-age')!.exceptions).toContain(`CN=nested,${staff}: the password never expires`);
  expect(ofDomain('quality-check')).toMatchObject({ value: true });
  expect(ofDomain('classes')).toMatchObject({ value: 3, unit: 'classes' });
  expect(rows.some(({ rule }) => rule === 'unknown')).toBe(false);
  expect(rows.find((row) => row.scope.startsWith('CN=strict') && row.rule === 'max-age')).toMatchObject({ value: 90 });
});

describe('policies on the word of another program', () => {
  const tool = (...args: string[]) =>
    String(
      execFileSync('samba-tool', [
        ...['domain', 'passwordsettings', ...args, '-H', controller.url],
        ...['-U', `${administrator}%${administratorPassword}`],
      ]),
    );
  /** Whether the server itself takes it, from whoever it belongs to. */
  const mayTake = (login: string, old: string, password: string) =>
    spawnSync('ldapmodify', ['-x', '-H', controller.secureUrl, '-D', `${login}@example.test`, '-w', old], {
      input: `dn: CN=${login},${staff}\nchangetype: modify\ndelete: unicodePwd\nunicodePwd:: ${quoted(old)}\n-\nadd: unicodePwd\nunicodePwd:: ${quoted(password)}\n`,
      env: { ...process.env, LDAPTLS_CACERT: controller.caFile },
    }).status === 0;
  const quoted = (text: string) => Buffer.from(`"${text}"`, 'utf16le').toString('base64');
  const required = policiesSchema.parse({
    required: {
      minLength: 7,
      classes: 3,
      maxAge: '42d',
      lockoutAttempts: 5,
      lockoutDuration: '15m',
      qualityCheck: true,
    },
  }).required!;
  const verdicts = (rows: PolicyRow[]) =>
    Object.fromEntries(
      judgePolicies(rows, required, ['ad'], [])
        .filter(({ scope }) => scope === domainDn)
        .map(({ rule, verdict }) => [rule, verdict]),
    );

  test('what is set, switched off, and without an end is told as the server enforces it', async () => {
    tool('set', '--min-pwd-age=0', '--account-lockout-threshold=5', '--account-lockout-duration=30');
    await open();
    expect(verdicts(await directory!.policy(signal))).toMatchObject({
      'min-length': 'enforced',
      'quality-check': 'enforced',
      classes: 'enforced',
      'max-age': 'enforced',
      lockout: 'enforced',
      'lockout-duration': 'enforced',
    });
    expect(mayTake('li', secret, 'abcdefgh')).toBe(false);
    tool('set', '--complexity=off', '--min-pwd-length=0', '--max-pwd-age=0', '--account-lockout-threshold=0');
    await directory!.close();
    await open();
    expect(verdicts(await directory!.policy(signal))).toMatchObject({
      'min-length': 'not-set',
      'quality-check': 'not-set',
      classes: 'not-set',
      'max-age': 'not-set',
      lockout: 'not-set',
      'lockout-duration': 'not-set',
    });
    expect(mayTake('li', secret, 'a')).toBe(true);
    tool('set', '--complexity=on', '--min-pwd-length=7', '--max-pwd-age=42', '--account-lockout-threshold=5');
    tool('set', '--account-lockout-duration=0');
    await directory!.close();
    await open();
    expect(verdicts(await directory!.policy(signal))).toMatchObject({
      lockout: 'enforced',
      'lockout-duration': 'enforced',
    });
  });

  test('whoever may not see policies of their own says so, and not that there are none', async () => {
    change(
      `dn: CN=plain,${staff}\nchangetype: add\nobjectClass: user\nsAMAccountName: plain\nunicodePwd:: ${quoted(secret)}\nuserAccountControl: 512\n`,
    );
    directory = await openActiveDirectory(specOf({ bindDn: 'plain@example.test' }), ldapDoors(secret), signal);
    const rows = await directory.policy(signal);
    const strict = `CN=strict,CN=Password Settings Container,CN=System,${domainDn}`;
    expect(rows.filter(({ rule }) => rule === 'unknown')).toEqual([
      { directory: 'ad', scope: strict, rule: 'unknown', value: null, from: `${strict} is not shown to the login` },
    ]);
    expect(rows.find(({ rule }) => rule === 'min-length')).toMatchObject({ scope: domainDn, value: 7 });
  });
});
