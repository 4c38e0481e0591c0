import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openOpenLdap } from '../../../src/accounts/directories/openldap.ts';
import type { Change, OpenDirectory } from '../../../src/accounts/directory.ts';
import { changeEntry, type EntryItem, restoreEntry } from '../../../src/accounts/entry/entry.ts';
import { seenOf } from '../../../src/accounts/plan/seen.ts';
import { type DirectorySpecOf, directorySchema } from '../../../src/accounts/schema/directories.ts';
import type { FactStore } from '../../../src/record/types.ts';
import { type Death, dyingDoors } from '../../helpers/dying-ldap.ts';
import { everyFault, faultSeed } from '../../helpers/fault-sample.ts';
import { Died } from '../../helpers/memory-directory.ts';
import { needs } from '../../helpers/needs.ts';
import { dump, groups, hold, operator, people, startOaDirectory } from '../../helpers/oa-directory.ts';
import { memoryFacts } from '../../helpers/probe.ts';
import { type LdapServer, rootDn } from '../../helpers/slapd.ts';

/** Accounts as directories have them after twenty years, through the whole of their life: disabled, held, deleted, and back. */

const signal = new AbortController().signal;
const never: Death = { at: -1, after: false };
const leaving: Change[] = [{ do: 'disable' }, { do: 'strip' }, { do: 'hold' }];
/** What a deletion loses, as the manual says. */
const lost = /^(userPassword|entryUUID|createTimestamp|creatorsName|pwdChangedTime)/;
let server: LdapServer;
let facts: FactStore;
let directory: OpenDirectory | undefined;

beforeEach(needs('slapd', 'slapadd', 'ldapsearch'));
beforeEach(async () => {
  const config = `olcRootPW: config\nolcAccess: to * by dn.exact="${operator}" read\n`;
  server = await startOaDirectory({ count: 0, config });
  facts = memoryFacts();
  directory = undefined;
});
afterEach(async () => {
  await directory?.close();
  await server?.stop();
});

const base64 = (value: string | Buffer) => Buffer.from(value as string).toString('base64');
function byHand(ldif: string): void {
  execFileSync('ldapmodify', ['-x', '-H', server.url, '-D', rootDn, '-w', server.password], {
    input: ldif,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}
function person(dn: string, lines: string, classes = 'inetOrgPerson'): void {
  const each = classes.split(' ').map((name) => `objectClass: ${name}\n`);
  byHand(`dn:: ${base64(dn)}\nchangetype: add\n${each.join('')}sn: x\nuserPassword: secret\n${lines}`);
}
const group = (name: string, attribute: string, ...values: string[]) =>
  byHand(
    `dn: cn=${name},${groups}\nchangetype: add\nobjectClass: ${attribute === 'memberUid' ? `posixGroup\ngidNumber: 5001` : 'groupOfNames'}\ncn: ${name}\n${values.map((value) => `${attribute}:: ${base64(value)}\n`).join('')}`,
  );
const inGroup = (name: string) =>
  (dump(server)[`dn: cn=${name},${groups}`] ?? []).filter((line) => /^member/.test(line));

async function opened(death: Death = never): Promise<OpenDirectory> {
  await directory?.close();
  const spec = directorySchema.parse({
    type: 'openldap',
    id: 'ldap',
    url: server.url,
    bindDn: operator,
    password: 'env:PW',
    base: people,
    groupBase: groups,
    holdBase: hold,
  }) as DirectorySpecOf<'openldap'>;
  directory = await openOpenLdap(spec, dyingDoors(death).doors, signal);
  return directory;
}
const work = (run: string) => ({ facts, run, nowMs: () => 1_790_000_000_000, signal, stopping: signal });

/** The line of a plan for an account as reading finds it. */
async function planned(login: string, changes: Change[]): Promise<EntryItem> {
  const { accounts } = await (await opened()).read(signal);
  const account = accounts.find((one) => one.login === login)!;
  const ref = { key: account.key, name: account.name, login };
  return { line: 'l1', directory: 'ldap', ref, changes, seen: seenOf(account), findings: ['leaver'], evidence: [] };
}
const change = async (run: string, item: EntryItem) => changeEntry(await opened(), item, work(run));
const undo = async (ofRun: string, item: EntryItem) =>
  restoreEntry(await opened(), item, { ...work('undo'), ofRun, by: 'undo' });

/** What oaops may do below the suffix, by ACLs of slapd. */
function allow(...rules: string[]): void {
  const each = [...rules, `to * by dn.exact="${operator}" write by anonymous auth by self read`];
  execFileSync('ldapmodify', ['-x', '-H', server.url, '-D', 'cn=config', '-w', 'config'], {
    input: `dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n${each.map((rule) => `olcAccess: ${rule}\n`).join('')}`,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** An account with everything that is hard about names and values. */
function odd(): string {
  byHand(
    `dn:: ${base64(`ou=北京,${people}`)}\nchangetype: add\nobjectClass: organizationalUnit\nou:: ${base64('北京')}\n`,
  );
  const dn = `cn=Wang\\2C Xiao \\22Ming\\22+employeeNumber=E7,ou=北京,${people}`;
  const picture = base64(Buffer.from([0xff, 0xd8, 0xff, 0, 0x80]));
  person(
    dn,
    `cn: Wang, Xiao "Ming"\ncn;lang-zh:: ${base64('王小明')}\nuid: odd\nuid: odd.too\nemployeeNumber: E7\njpegPhoto:: ${picture}\nsecretary: uid=li,${people}\ndescription:: ${base64('  spaces ')}\n${Array.from({ length: 600 }, (_, at) => `telephoneNumber: ${1000 + at}\n`).join('')}`,
  );
  group('lonely', 'member', dn);
  group('both', 'member', dn, `uid=li,${people}`);
  group('shell', 'memberUid', 'odd.too', 'li');
  return dn;
}

describe('killed at any write', () => {
  test.each<[string, Change[], RegExp | undefined]>([
    ['disabled, stripped and held', leaving, undefined],
    ['deleted', [{ do: 'delete' }], lost],
  ])(
    'an account that is %s comes to the same end, and undo, killed too, to what it was',
    async (_, changes, without) => {
      odd();
      const before = dump(server, without);
      let whole: Record<string, string[]> | undefined;
      const from = everyFault ? 0 : faultSeed % 3;
      for (let at = 99; at >= 0; at = at === 99 ? 14 - from : at - (everyFault ? 1 : 3)) {
        const seed = `seed ${faultSeed}, write ${at}`;
        const death = { at, after: (at + faultSeed) % 2 === 0 };
        facts = memoryFacts();
        const item = await planned('odd', changes);
        const died = (error: unknown) => {
          if (!(error instanceof Died)) throw error;
        };
        await changeEntry(await opened(death), item, work('r1')).catch(died);
        expect(await change('r1', item), seed).toMatchObject({ status: 'done' });
        whole ??= dump(server, without);
        expect(dump(server, without), seed).toEqual(whole);
        const undoing = { ...work('undo'), ofRun: 'r1', by: 'undo' };
        await restoreEntry(await opened({ at: at % 7, after: !death.after }), item, undoing).catch(died);
        await undo('r1', item);
        expect(dump(server, without), seed).toEqual(before);
      }
    },
  );
});

describe('one login of several', () => {
  test('an account with two logins has the rights of both, and loses them', async () => {
    odd();
    const item = await planned('odd', leaving);
    expect(await change('r1', item)).toMatchObject({ status: 'done' });
    expect(inGroup('shell')).toEqual(['memberUid: li']);
  });

  test('a login that somebody else has too is not taken out of a group', async () => {
    byHand(`dn: ou=east,${people}\nchangetype: add\nobjectClass: organizationalUnit\nou: east\n`);
    person(`uid=wang,ou=east,${people}`, 'cn: another Wang\nuid: wang\nemployeeNumber: E9\n');
    const item = await planned('wang', [{ do: 'disable' }, { do: 'strip' }]);
    const end = await change('r1', item);
    expect(end).toMatchObject({
      status: 'done',
      left: expect.arrayContaining([
        expect.stringMatching(/^wang in cn=posix,.* is uid=wang,(ou=east,)?ou=people,.* too, and stays$/),
      ]),
    });
    expect(inGroup('posix')).toEqual(['memberUid: wang']);
  });

  test('who has the login after a leaver keeps its rights, and undo does not share them', async () => {
    const before = await planned('wang', leaving);
    await change('r1', before);
    expect(inGroup('posix')).toEqual([]);
    person(`uid=wang,${people}`, 'cn: another Wang\nuid: wang\nemployeeNumber: E9\n');
    byHand(`dn: cn=posix,${groups}\nchangetype: modify\nadd: memberUid\nmemberUid: wang\n`);
    const { accounts } = await (await opened()).read(signal);
    const rights = accounts.flatMap(({ login, held, rights: all }) =>
      login === 'wang' ? [[held, all.includes(`cn=posix,${groups}`)]] : [],
    );
    expect(rights.sort()).toEqual([
      [false, true],
      [true, false],
    ]);
    const old = accounts.find(({ login, held }) => login === 'wang' && held)!;
    const ref = { key: old.key, name: old.name, login: 'wang' };
    const later: EntryItem = { ...before, ref, seen: seenOf(old), changes: [{ do: 'delete' }] };
    expect(await change('r2', later)).toMatchObject({ status: 'done' });
    expect(inGroup('posix')).toEqual(['memberUid: wang']);
    expect((await undo('r2', later))?.conflicts).toEqual([`uid=wang,${hold} has no password: set a new one`]);
    expect((await undo('r1', before))?.conflicts).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/cannot be moved back/),
        `wang is uid=wang,${people} now, and was not put into cn=posix,${groups}`,
      ]),
    );
    expect(inGroup('posix')).toEqual(['memberUid: wang']);
  });
});

test('a move keeps the letters of a value that the name writes in others', async () => {
  person(`UID=ZhouJie,${people}`, 'cn: zhou\nuid: zhoujie\nemployeeNumber: E8\n');
  const before = dump(server);
  const item = await planned('zhoujie', leaving);
  await change('r1', item);
  expect(Object.values(dump(server)).flat()).toContain('uid: zhoujie');
  await undo('r1', item);
  expect(dump(server)).toEqual(before);
});

test('what cannot be deleted keeps its groups', async () => {
  byHand(`dn: cn=phone,uid=wang,${people}\nchangetype: add\nobjectClass: device\ncn: phone\n`);
  const before = dump(server);
  const item = await planned('wang', [{ do: 'delete' }]);
  await expect(change('r1', item)).rejects.toMatchObject({ code: 'account-has-entries' });
  expect(dump(server)).toEqual(before);
});

describe("what the server refuses is nobody's change", () => {
  const wang = `dn: uid=wang,${people}\nchangetype:`;
  const moved = `${wang} modrdn\nnewrdn: uid=wang\ndeleteoldrdn: 0\nnewsuperior: ${hold}\n`;
  test.each<[string, Change, string]>([
    ['disabled', { do: 'disable' }, `${wang} modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n`],
    ['held', { do: 'hold' }, moved],
    ['updated', { do: 'update', attributes: { post: 'Clerk' } }, `${wang} modify\nreplace: title\ntitle: Clerk\n`],
    ['deleted', { do: 'delete' }, `${wang} delete\n`],
  ])('%s by hand afterwards, an account stays so when the run is taken back', async (_, wanted, ldif) => {
    const before = dump(server);
    const item = await planned('wang', [wanted]);
    allow(`to dn.subtree="${people}" by dn.exact="${operator}" read by anonymous auth`);
    await expect(change('r1', item)).rejects.toMatchObject({ code: 'directory-change-refused' });
    expect(dump(server)).toEqual(before);
    allow();
    byHand(ldif);
    const handmade = dump(server);
    expect(handmade).not.toEqual(before);
    expect(await undo('r1', item)).toBeUndefined();
    expect(dump(server)).toEqual(handmade);
  });

  test('what was done before it is taken back alone', async () => {
    const before = dump(server, /^entryDN/);
    const item = await planned('wang', leaving);
    allow(`to dn.subtree="${hold}" attrs=children by dn.exact="${operator}" read`);
    await expect(change('r1', item)).rejects.toMatchObject({ code: 'directory-change-refused' });
    allow();
    byHand(moved);
    expect(await undo('r1', item)).toMatchObject({ conflicts: [] });
    const after = dump(server, /^entryDN/);
    expect(after[`dn: uid=wang,${hold}`]).toEqual(before[`dn: uid=wang,${people}`]);
    expect(inGroup('posix')).toEqual(['memberUid: wang']);
  });
});

describe('undo of a deletion', () => {
  test('what was disabled before is found under the new key, and enabled again; what is missing is told each time', async () => {
    const dn = odd();
    const before = dump(server, lost);
    const first = await planned('odd', leaving);
    await change('r1', first);
    const second = await planned('odd', [{ do: 'delete' }]);
    expect(second.ref.key).toBe(first.ref.key);
    await change('r2', second);
    expect((await undo('r1', first))?.conflicts).toEqual([
      'run r2 has disabled or deleted it since: take that back first',
    ]);
    const noPassword = [expect.stringMatching(/^cn=Wang.*,ou=hold,.* has no password: set a new one$/)];
    expect((await undo('r2', second))?.conflicts).toEqual(noPassword);
    expect((await undo('r2', second))?.conflicts).toEqual(noPassword);
    expect(await undo('r1', first)).toMatchObject({ conflicts: [] });
    expect(dump(server, lost)).toEqual(before);
    const now = Object.keys(dump(server)).find((name) => name.includes(base64(dn).slice(0, 20)))!;
    byHand(`${now}\nchangetype: modify\nreplace: userPassword\nuserPassword: new-one\n`);
    expect((await undo('r2', second))?.conflicts).toEqual([]);
  });

  test('a class that must have a password gets one by which nobody gets in, and other secrets are named', async () => {
    person(`uid=machine,${people}`, 'cn: m\nuid: machine\nemployeeNumber: E6\n', 'inetOrgPerson simpleSecurityObject');
    byHand(`dn: uid=machine,${people}\nchangetype: modify\nadd: userPKCS12\nuserPKCS12:: ${base64('p12')}\n`);
    const before = dump(server, lost);
    const item = await planned('machine', [{ do: 'delete' }]);
    await change('r1', item);
    const { conflicts } = (await undo('r1', item))!;
    expect(conflicts).toEqual([
      `uid=machine,${people} has no password: set a new one`,
      `userPKCS12 of uid=machine,${people} is in no record: set it anew`,
    ]);
    const entry = `dn: uid=machine,${people}`;
    expect(dump(server, lost)[entry]).toEqual(before[entry]!.filter((line) => !/^userPKCS12/.test(line)));
  });
});
