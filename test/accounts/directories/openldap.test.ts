import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OpenLdapDialect } from '../../../src/accounts/directories/ldap/openldap-dialect.ts';
import type { Ppolicy } from '../../../src/accounts/directories/ldap/ppolicy.ts';
import { openOpenLdap } from '../../../src/accounts/directories/openldap.ts';
import type { Change, EntryRef, Image, OpenDirectory } from '../../../src/accounts/directory.ts';
import { seenOf, whoseChanged } from '../../../src/accounts/plan/seen.ts';
import type { LdapModifyOptions, LdapSession } from '../../../src/accounts/ports.ts';
import { type DirectorySpecOf, directorySchema } from '../../../src/accounts/schema/directories.ts';
import { ldapDoor } from '../../../src/connectors/ldap/session.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import { needs } from '../../helpers/needs.ts';
import {
  dump,
  groups,
  hold,
  ldapDoors,
  oaEntries,
  operator,
  operatorPassword,
  people,
  startOaDirectory,
} from '../../helpers/oa-directory.ts';
import { type LdapServer, rootDn, suffix } from '../../helpers/slapd.ts';

const signal = new AbortController().signal;
let server: LdapServer | undefined;
let directory: OpenDirectory | undefined;
beforeEach(needs('slapd', 'slapadd', 'ldapsearch'));
afterEach(async () => {
  await directory?.close();
  await server?.stop();
  directory = server = undefined;
});

type Options = NonNullable<Parameters<typeof startOaDirectory>[0]>;
async function open(options: Options = {}, spec: Record<string, unknown> = {}): Promise<OpenDirectory> {
  server ??= await startOaDirectory(options);
  directory = await openOpenLdap(specOf(spec), ldapDoors(), signal);
  return directory;
}
function specOf(spec: Record<string, unknown> = {}): DirectorySpecOf<'openldap'> {
  return directorySchema.parse({
    type: 'openldap',
    id: 'ldap',
    url: server!.url,
    bindDn: operator,
    password: 'env:PW',
    base: people,
    groupBase: groups,
    holdBase: hold,
    ...spec,
  }) as DirectorySpecOf<'openldap'>;
}
async function refOf(login: string): Promise<EntryRef> {
  const { accounts } = await directory!.read(signal);
  const { key, name } = accounts.find((account) => account.login === login)!;
  return { key, name, login };
}
const canLogIn = (dn: string, password = 'secret') =>
  spawnSync('ldapwhoami', ['-x', '-H', server!.url, '-D', dn, '-w', password]).status === 0;
function modifyByHand(ldif: string): void {
  execFileSync('ldapmodify', ['-x', '-H', server!.url, '-D', rootDn, '-w', server!.password], {
    input: ldif,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}
const groupDn = (name: string) => `cn=${name},${groups}`;

describe('reading', () => {
  test('brings accounts with their rights, states and times', async () => {
    await open();
    expect(canLogIn(`uid=wang,${people}`)).toBe(true);
    const { accounts, problems } = await directory!.read(signal);
    expect(problems).toEqual([]);
    expect(accounts.map(({ login }) => login).sort()).toEqual([
      'li',
      'user0',
      'user1',
      'user2',
      'wang',
      'zhao, qian+"x"',
    ]);
    expect(accounts.find(({ login }) => login === 'wang')).toEqual({
      directory: 'ldap',
      key: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: `uid=wang,${people}`,
      login: 'wang',
      employee: 'E1001',
      mail: 'wang@example.com',
      personName: 'x',
      department: 'IT',
      post: 'Engineer',
      use: 'person',
      state: 'enabled',
      held: false,
      createdAt: expect.any(Number),
      lastUse: { at: expect.any(Number), from: 'pwdLastSuccess' },
      passwordNeverExpires: false,
      privileged: [],
      rights: [groupDn('only'), groupDn('posix'), groupDn('staff'), groupDn('unique')],
    });
    expect(accounts.find(({ login }) => login === 'li')).toMatchObject({
      state: 'disabled',
      lastUse: { unknown: expect.any(String) },
    });
  });

  test('never says that an account was never used', async () => {
    await open({ count: 20 });
    const { accounts } = await directory!.read(signal);
    expect(accounts.filter(({ lastUse }) => 'never' in lastUse)).toEqual([]);
  });

  test('every login and mail address of an entry is read, the first is shown, and the look before a change sees the same', async () => {
    await open();
    modifyByHand(
      `dn: uid=li,${people}\nchangetype: modify\nadd: uid\nuid: li.si\n-\nreplace: mail\nmail: li@oa.cn\nmail: lisi@oa.cn\n`,
    );
    const { accounts } = await directory!.read(signal);
    const li = accounts.find(({ login }) => login === 'li')!;
    expect(li).toMatchObject({ mail: 'li@oa.cn', also: { login: ['li.si'], mail: ['lisi@oa.cn'] } });
    expect(accounts.filter(({ also }) => also)).toEqual([li]);
    const looked = await directory!.look({ key: li.key, name: li.name, login: 'li' }, signal);
    expect(looked?.account.also).toEqual(li.also);
    expect(whoseChanged(seenOf(li), looked!.account)).toBeUndefined();
    modifyByHand(`dn: uid=li,${people}\nchangetype: modify\ndelete: mail\nmail: lisi@oa.cn\n`);
    const again = await directory!.look({ key: li.key, name: li.name, login: 'li' }, signal);
    expect(whoseChanged(seenOf(li), again!.account)).toMatch(/^its mail was changed/);
  });

  test('a temporary lock is no disabled account, and a lock that no policy makes work is none either', async () => {
    await open();
    modifyByHand(
      `dn: uid=user0,${people}\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: 20260101000000Z\n`,
    );
    modifyByHand(
      `dn: uid=li,${people}\nchangetype: modify\nreplace: pwdPolicySubentry\npwdPolicySubentry: cn=soft,ou=policies,${suffix}\n`,
    );
    const { accounts } = await directory!.read(signal);
    expect(canLogIn(`uid=li,${people}`)).toBe(true);
    const states = Object.fromEntries(accounts.map(({ login, state }) => [login, state]));
    expect(states).toMatchObject({ user0: 'enabled', li: 'enabled' });
  });

  test('the account that oaops logs in with is not touched', async () => {
    await open({}, { base: suffix, holdBase: undefined });
    const { accounts } = await directory!.read(signal);
    expect(accounts.find(({ login }) => login === 'oaops')).toMatchObject({ untouchable: 'oaops logs in with it' });
  });

  test('thousands of accounts come, and a limit of the server is an error', async () => {
    await open({ count: 1234 });
    expect((await directory!.read(signal)).accounts).toHaveLength(1237);
    await directory!.close();
    await server!.stop();
    server = undefined;
    await open({
      count: 1234,
      database: `olcLimits: * size.prtotal=600 size=600\nolcAccess: to * by dn.exact="${operator}" write by anonymous auth`,
    });
    await expect(directory!.read(signal)).rejects.toThrow(expect.objectContaining({ code: 'directory-partial' }));
  });

  test('a server that dies in the middle is an error', async () => {
    await open({ count: 6000 });
    const reading = directory!.read(signal);
    process.kill(server!.pid, 'SIGKILL');
    await expect(reading).rejects.toThrow(expect.objectContaining({ code: 'directory-unreachable' }));
  });

  test('a refused login, no login and a base that is not there are errors', async () => {
    server = await startOaDirectory();
    const refused = (spec: Record<string, unknown>, secret?: string) =>
      openOpenLdap(specOf(spec), ldapDoors(secret), signal);
    await expect(refused({}, 'wrong')).rejects.toThrow(
      expect.objectContaining({ code: 'directory-refused', exitCode: 2 }),
    );
    await expect(refused({ bindDn: undefined, password: undefined })).rejects.toThrow(
      expect.objectContaining({ code: 'directory-login' }),
    );
    directory = await refused({ base: `ou=nowhere,${suffix}` });
    await expect(directory.read(signal)).rejects.toThrow(expect.objectContaining({ code: 'directory-base-missing' }));
  });

  test('nobody at all is told, not taken as fine', async () => {
    await open({}, { filter: '(objectClass=nosuch)' });
    expect(await directory!.read(signal)).toEqual({
      accounts: [],
      problems: [`no entry below ${people} that the login may see fits (objectClass=nosuch)`],
    });
  });

  test('what has no login is touched by nothing, however wide the filter is', async () => {
    await open({}, { base: suffix, holdBase: undefined, filter: '(objectClass=*)' });
    const { accounts } = await directory!.read(signal);
    const free = accounts.filter(({ untouchable }) => untouchable === undefined).map(({ name }) => name);
    expect(free.filter((name) => !name.startsWith('uid='))).toEqual([]);
    expect(accounts.find(({ name }) => name === groupDn('staff'))).toMatchObject({
      untouchable: 'it has no uid, and may be no account',
    });
  });

  test('without a policy nothing can be disabled, which is told', async () => {
    await open({ overlays: [], modules: [], entries: oaEntries.filter((entry) => !/pwd/.test(entry)) });
    expect([...directory!.can]).not.toContain('disable');
    expect((await directory!.read(signal)).problems).toEqual([
      expect.stringMatching(/^the directory has no password policy/),
    ]);
  });

  test('where cn=config is hidden, a lock is not believed until the default policy is named', async () => {
    await open({ showsConfig: false });
    const { accounts, problems } = await directory!.read(signal);
    expect(accounts.find(({ login }) => login === 'li')).toMatchObject({ state: 'unknown' });
    expect(problems).toEqual([expect.stringMatching(/^6 accounts have no known policy/)]);
    const wang = await refOf('wang');
    const { image } = (await directory!.look(wang, signal))!;
    await expect(directory!.change(wang, { do: 'disable' }, image, signal)).rejects.toThrow(
      expect.objectContaining({ code: 'account-lock-useless', exitCode: 4 }),
    );
    await directory!.close();
    await open({}, { defaultPolicy: `cn=default,ou=policies,${suffix}` });
    expect(await directory!.read(signal)).toMatchObject({ problems: [] });
    expect((await directory!.look(await refOf('li'), signal))!.account.state).toBe('disabled');
  });
});

type Marks = { change: Change; mark: Image | null }[];
/** Carries changes out, each of them twice as after a kill, and gives what undo needs. */
async function carryOut(ref: EntryRef, changes: Change[]) {
  const { image } = (await directory!.look(ref, signal))!;
  const marks: Marks = [];
  const left: string[] = [];
  let at = ref;
  for (const change of changes) {
    const first = await directory!.change(at, change, image, signal);
    const again = await directory!.change({ ...at, name: first.name }, change, image, signal);
    expect(again.done).toEqual([]);
    expect(again.mark).toEqual(first.mark);
    marks.push({ change, mark: JSON.parse(JSON.stringify(again.mark)) });
    left.push(...again.left);
    at = { ...at, name: first.name };
  }
  expect(JSON.stringify(image)).not.toMatch(/secret|userPassword/i);
  return { image: JSON.parse(JSON.stringify(image)) as Image, marks, left, ref: at };
}

const leaving: Change[] = [{ do: 'disable' }, { do: 'strip' }, { do: 'hold' }];

describe.each([
  ['a server that follows names', true],
  ['a server without overlays for members', false],
])('changes on %s', (_, follow) => {
  test('disable, strip and hold are made, and undo puts everything back', async () => {
    await open({ follow });
    const wang = await refOf('wang');
    const before = dump(server!);
    expect(canLogIn(wang.name)).toBe(true);
    const made = await carryOut(wang, leaving);
    expect(made.left).toEqual([`uid=wang,${people} is the only member of ${groupDn('only')}, which must have one`]);
    expect(made.ref.name).toBe(`uid=wang,${hold}`);
    expect(canLogIn(made.ref.name)).toBe(false);
    expect((await directory!.look(wang, signal))!.account).toMatchObject({
      state: 'disabled',
      held: true,
      rights: [groupDn('only')],
      name: made.ref.name,
    });
    expect((await directory!.read(signal)).accounts.find(({ login }) => login === 'wang')).toMatchObject({
      held: true,
    });

    const restored = await directory!.restore(made.ref, made.image, made.marks, signal);
    expect(restored.conflicts).toEqual([]);
    await expect.poll(() => dump(server!)).toEqual(before);
    expect(canLogIn(wang.name)).toBe(true);
    expect(await directory!.restore(made.ref, made.image, made.marks, signal)).toEqual({ done: [], conflicts: [] });
    expect(dump(server!)).toEqual(before);
  });

  test('undo knows what a change did that was cut off before it was told', async () => {
    await open({ follow });
    const wang = await refOf('wang');
    const before = dump(server!);
    const made = await carryOut(wang, [
      ...leaving,
      { do: 'grant', rights: [groupDn('vpn')] },
      { do: 'update', attributes: { department: 'HR' } },
    ]);
    const untold = made.marks.map(({ change }) => ({ change, mark: null }));
    expect(await directory!.restore(made.ref, made.image, untold, signal)).toMatchObject({ conflicts: [] });
    await expect.poll(() => dump(server!)).toEqual(before);
  });

  test('a deleted entry is made anew with its groups, locked as it was, without a password', async () => {
    await open({ follow });
    const wang = await refOf('wang');
    await carryOut(wang, [{ do: 'disable' }]);
    const own = /^(userPassword|entryUUID|createTimestamp|creatorsName|pwdChangedTime)/;
    const before = dump(server!, own);
    const made = await carryOut(wang, [{ do: 'delete' }]);
    expect(await directory!.look(wang, signal)).toBeUndefined();
    for (const _ of [1, 2]) {
      const { conflicts } = await directory!.restore(made.ref, made.image, made.marks, signal);
      if (_ === 1) expect(conflicts).toEqual([`uid=wang,${people} has no password: set a new one`]);
      await expect.poll(() => dump(server!, own)).toEqual(before);
    }
  });

  test('names with signs of names and filters are moved and put back', async () => {
    await open({ follow });
    const odd = await refOf('zhao, qian+"x"');
    modifyByHand(`dn: ${groupDn('staff')}\nchangetype: modify\nadd: member\nmember: ${odd.name}\n`);
    const before = dump(server!);
    const made = await carryOut(odd, leaving);
    expect(made.left).toEqual([]);
    expect(await directory!.restore(made.ref, made.image, made.marks, signal)).toMatchObject({ conflicts: [] });
    await expect.poll(() => dump(server!)).toEqual(before);
  });
});

test('rights are given and attributes set, and taken back', async () => {
  await open();
  const wang = await refOf('wang');
  const before = dump(server!);
  const made = await carryOut(wang, [
    { do: 'grant', rights: [groupDn('vpn'), groupDn('staff'), groupDn('none')] },
    { do: 'strip', rights: [groupDn('staff')] },
    { do: 'update', attributes: { department: '财务部', post: '', telephoneNumber: '3' } },
  ]);
  expect(made.left).toEqual([`there is no group ${groupDn('none')} that people can be put into`]);
  expect((await directory!.look(wang, signal))!.account).toMatchObject({
    department: '财务部',
    rights: [groupDn('only'), groupDn('posix'), groupDn('unique'), groupDn('vpn')],
  });
  expect((await directory!.restore(made.ref, made.image, made.marks, signal)).conflicts).toEqual([]);
  expect(dump(server!)).toEqual(before);
});

test('what somebody else has changed since stays, and is told', async () => {
  await open();
  const wang = await refOf('wang');
  const made = await carryOut(wang, [
    { do: 'disable' },
    { do: 'update', attributes: { department: 'HR', post: 'Head' } },
  ]);
  modifyByHand(
    `dn: ${wang.name}\nchangetype: modify\nreplace: departmentNumber\ndepartmentNumber: Sales\n-\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: 20260101000000Z\n`,
  );
  const restored = await directory!.restore(made.ref, made.image, made.marks, signal);
  expect(restored).toEqual({
    done: ['title: as it was'],
    conflicts: [
      `departmentNumber of ${wang.name} was changed by somebody else, and stays so`,
      `pwdAccountLockedTime of ${wang.name} was changed by somebody else, and stays so`,
    ],
  });
});

test('a name that is taken stops a move, there and back', async () => {
  await open();
  const wang = await refOf('wang');
  const other = (base: string) =>
    `dn: uid=wang,${base}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: wang\nsn: o\ncn: o\n`;
  modifyByHand(other(hold));
  const { image } = (await directory!.look(wang, signal))!;
  await expect(directory!.change(wang, { do: 'hold' }, image, signal)).rejects.toThrow(
    expect.objectContaining({ code: 'name-taken', exitCode: 4 }),
  );
  modifyByHand(`dn: uid=wang,${hold}\nchangetype: delete\n`);
  const made = await carryOut(wang, [{ do: 'hold' }]);
  modifyByHand(other(people));
  const { conflicts } = await directory!.restore(made.ref, made.image, made.marks, signal);
  expect(conflicts).toEqual([expect.stringMatching(/^uid=wang,ou=hold,.* cannot be moved back to ou=people/)]);
});

test('an entry below a policy without locks is ended instead', async () => {
  await open();
  modifyByHand(
    `dn: uid=wang,${people}\nchangetype: modify\nreplace: pwdPolicySubentry\npwdPolicySubentry: cn=soft,ou=policies,${suffix}\n`,
  );
  const wang = await refOf('wang');
  const before = dump(server!);
  const made = await carryOut(wang, [{ do: 'disable' }]);
  expect(canLogIn(wang.name)).toBe(false);
  expect((await directory!.look(wang, signal))!.account.state).toBe('disabled');
  await directory!.restore(made.ref, made.image, made.marks, signal);
  expect(dump(server!)).toEqual(before);
});

test('a new account has its password hashed, and to be changed', async () => {
  await open();
  const ref = await directory!.create(
    {
      login: 'a, *)(b',
      attributes: { personName: '新人', employee: 'E7', telephoneNumber: '9' },
      password: 'One-Time-Secret-1',
      expiresAt: Date.parse('2030-01-01T00:00:00Z'),
    },
    signal,
  );
  expect(canLogIn(ref.name, 'One-Time-Secret-1')).toBe(true);
  const entry = Object.values(dump(server!))
    .find((lines) => lines.includes('uid: a, *)(b'))!
    .join('\n');
  expect(entry).toContain('pwdReset: TRUE');
  expect(Buffer.from(/userPassword:: (.*)/.exec(entry)![1]!, 'base64').toString()).toMatch(/^\{SSHA\}/);
  expect((await directory!.look(ref, signal))!.account).toMatchObject({
    login: 'a, *)(b',
    personName: '新人',
    employee: 'E7',
    expiresAt: Date.parse('2030-01-01T00:00:00Z'),
  });
  await expect(
    directory!.create({ login: 'A, *)(B', attributes: {}, password: 'One-Time-Secret-1' }, signal),
  ).rejects.toThrow(expect.objectContaining({ code: 'account-exists', exitCode: 4 }));
});

test('an account is not made where it would not be seen', async () => {
  await open({}, { createBase: hold });
  const made = directory!.create({ login: 'x', attributes: {}, password: 'One-Time-Secret-1' }, signal);
  await expect(made).rejects.toThrow(expect.objectContaining({ code: 'create-base-outside', exitCode: 2 }));
});

test('where the server keeps locks for itself, they are set with the relax control; what is refused otherwise stays so', async () => {
  await open();
  const asked: (LdapModifyOptions | undefined)[] = [];
  const refuse =
    (message: string): LdapSession['modify'] =>
    async (_, __, ___, options) => {
      asked.push(options);
      if (!options?.relax) throw new OaopsError('directory-change-refused', message, { details: { status: 19 } });
    };
  const withSession = async (message: string) => {
    const session = {
      ...(await ldapDoor().open({ url: server!.url, timeoutMs: 9000 }, signal)),
      modify: refuse(message),
    };
    const ppolicy: Ppolicy = { context: suffix, knows: () => true, policies: [], default: 'none', of: () => 'none' };
    const made = new OpenLdapDialect(session, specOf(), ppolicy, () => 0).modify('uid=x', [], signal);
    return made.finally(() => session.close());
  };
  await withSession('pwdAccountLockedTime: no user modification allowed');
  expect(asked).toEqual([undefined, { relax: true }]);
  await expect(withSession('password too short')).rejects.toThrow('password too short');
});

test('policies are told with their exceptions', async () => {
  await open();
  modifyByHand(
    `dn: uid=wang,${people}\nchangetype: modify\nreplace: pwdPolicySubentry\npwdPolicySubentry: cn=soft,ou=policies,${suffix}\n`,
  );
  const rows = await directory!.policy(signal);
  const standard = rows.filter(({ scope }) => scope === `cn=default,ou=policies,${suffix} (default)`);
  expect(standard.find(({ rule }) => rule === 'min-length')).toEqual({
    directory: 'ldap',
    scope: `cn=default,ou=policies,${suffix} (default)`,
    rule: 'min-length',
    value: null,
    unit: 'characters',
    from: 'pwdMinLength 12 is not looked at: pwdCheckQuality is 0',
  });
  expect(standard.find(({ rule }) => rule === 'lockout')).toMatchObject({
    exceptions: [`uid=wang,${people}: cn=soft,ou=policies,${suffix}`],
  });
  expect(standard.find(({ rule }) => rule === 'max-age')).toMatchObject({ value: 90, unit: 'days' });
  expect(rows.find(({ scope, rule }) => scope.startsWith('cn=soft') && rule === 'lockout')).toMatchObject({
    value: null,
  });
});

test('the password of the login is in no error', async () => {
  server = await startOaDirectory();
  const error: unknown = await openOpenLdap(specOf({ base: 'no name' }), ldapDoors(), signal).then((opened) => {
    directory = opened;
    return opened.read(signal).catch((thrown: unknown) => thrown);
  });
  expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain(operatorPassword);
});
