import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { LdapEntry, LdapSession } from '../../../src/accounts/ports.ts';
import { ldapDoor } from '../../../src/connectors/ldap/session.ts';
import { dnValue } from '../../../src/core/dn.ts';
import { filterValue } from '../../../src/core/ldap-filter.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';
import { type LdapAnswer, startScriptedLdap } from '../../helpers/scripted-ldap.ts';
import { type LdapServer, rootDn, startSlapd, suffix } from '../../helpers/slapd.ts';

const programs = ['slapd', 'slapadd', 'ldapsearch'];
const people = `ou=people,${suffix}`;
const signal = new AbortController().signal;
let server: LdapServer;
let session: LdapSession | undefined;
beforeEach(needs(...programs));
beforeAll(async () => {
  if (packagesMissing(...programs).length === 0) server = await startSlapd(1203);
}, 60_000);
afterAll(async () => server?.stop());
afterEach(() => session?.close());

async function login(): Promise<LdapSession> {
  const bind = { dn: rootDn, password: server.password };
  session = await ldapDoor().open({ url: server.url, bind, timeoutMs: 20_000 }, signal);
  return session;
}
async function found(filter: string, attributes = ['uid'], base = people): Promise<LdapEntry[]> {
  const entries: LdapEntry[] = [];
  for await (const page of session!.search({ base, scope: 'sub', filter, attributes }, signal)) entries.push(...page);
  return entries;
}
const refused = (status: number) =>
  expect.objectContaining({ code: 'directory-change-refused', details: { status }, next: expect.any(String) });

test('entries come page by page', async () => {
  await login();
  const sizes: number[] = [];
  for await (const page of session!.search(
    { base: people, scope: 'one', filter: '(objectClass=person)', attributes: ['uid'] },
    signal,
  ))
    sizes.push(page.length);
  expect(sizes).toEqual([500, 500, 203]);
});

test('attributes come under the names asked for, all others under those of the server', async () => {
  await login();
  const [entry] = await found('(uid=user7)', ['*', 'ENTRYuuid']);
  expect(entry!.attributes).toMatchObject({ uid: ['user7'], sn: ['用户7'] });
  expect(entry!.attributes['ENTRYuuid']).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
});

test('an entry is added, changed, renamed and removed; bytes and a byte order mark stay as they are', async () => {
  await login();
  const dn = `uid=made,${people}`;
  const bytes = new Uint8Array([0xff, 0xd8, 0x00]);
  await session!.add(
    dn,
    { objectClass: ['inetOrgPerson'], uid: ['made'], sn: ['\ufeffx'], cn: ['x'], jpegPhoto: [bytes] },
    signal,
  );
  expect((await found('(uid=made)', ['jpegPhoto', 'sn']))[0]!.attributes).toEqual({
    jpegPhoto: [bytes],
    sn: ['\ufeffx'],
  });
  await session!.modify(
    dn,
    [
      { operation: 'replace', attribute: 'sn', values: ['y'] },
      { operation: 'delete', attribute: 'jpegPhoto', values: [] },
      { operation: 'add', attribute: 'mail', values: ['a@x', 'b@x'] },
    ],
    signal,
  );
  await session!.setPassword(dn, 'p4ss wörd', signal);
  await session!.rename(dn, { newRdn: 'uid=renamed', newSuperior: suffix, deleteOldRdn: true }, signal);
  const [entry] = await found('(uid=renamed)', ['sn', 'jpegPhoto', 'mail', 'userPassword'], suffix);
  expect(entry).toMatchObject({
    dn: `uid=renamed,${suffix}`,
    attributes: { sn: ['y'], jpegPhoto: [], mail: ['a@x', 'b@x'] },
  });
  expect(entry!.attributes['userPassword']).toEqual([expect.stringMatching(/^\{SSHA\}/)]);
  const own = await ldapDoor().open(
    { url: server.url, bind: { dn: entry!.dn, password: 'p4ss wörd' }, timeoutMs: 20_000 },
    signal,
  );
  own.close();
  await session!.remove(entry!.dn, signal);
  await expect(session!.remove(entry!.dn, signal)).rejects.toThrow(refused(32));
});

test('the changes of one request are made together or not at all', async () => {
  await login();
  await expect(
    session!.modify(
      `uid=user1,${people}`,
      [
        { operation: 'replace', attribute: 'sn', values: ['other'] },
        { operation: 'delete', attribute: 'mail', values: ['nobody@x'] },
      ],
      signal,
    ),
  ).rejects.toThrow(refused(16));
  expect((await found('(uid=user1)', ['sn']))[0]!.attributes['sn']).toEqual(['用户1']);
});

test('no name finds or names anything but itself', async () => {
  await login();
  const names = [
    '*',
    '*)(uid=*',
    'a)(|(uid=*',
    'a\\',
    '#1',
    ' lead',
    'trail ',
    'a+uid=b',
    'a,ou=people',
    '"q"',
    '王小明',
    '\u00a0王\u00a0',
    'a;b=c<d>',
    '\\2a',
    '\u3000王\u00a0',
  ];
  for (const name of names) {
    const dn = `uid=${dnValue(name)},${people}`;
    await session!.add(dn, { objectClass: ['inetOrgPerson'], uid: [name], sn: ['x'], cn: ['x'] }, signal);
    const hits = await found(`(uid=${filterValue(name)})`);
    expect(hits.map(({ attributes }) => attributes['uid'])).toEqual([[name]]);
    await session!.remove(hits[0]!.dn, signal);
  }
});

test('a connection that was lost stays lost', async () => {
  let times = 0;
  const answers = (operation: number): LdapAnswer[] => (operation === 0x63 ? ['hang up'] : [{ done: 0 }]);
  const scripted = await startScriptedLdap(({ operation }) => {
    times++;
    return answers(operation);
  });
  try {
    session = await ldapDoor().open(
      { url: scripted.url, bind: { dn: 'cn=x', password: 'y' }, timeoutMs: 20_000 },
      signal,
    );
    const lost = expect.objectContaining({ code: 'directory-unreachable' });
    await expect(found('(uid=a)')).rejects.toThrow(lost);
    await expect(session.remove('cn=a', signal)).rejects.toThrow(lost);
    expect(times).toBe(2);
  } finally {
    await scripted.stop();
  }
});

test('no answer is told after the time for one request', async () => {
  const scripted = await startScriptedLdap(({ operation }) => (operation === 0x60 ? [{ done: 0 }] : undefined));
  try {
    session = await ldapDoor().open({ url: scripted.url, bind: { dn: 'cn=x', password: 'y' }, timeoutMs: 200 }, signal);
    await expect(session.remove('cn=a', signal)).rejects.toThrow(/did not answer within 0.2 s$/);
  } finally {
    await scripted.stop();
  }
});
