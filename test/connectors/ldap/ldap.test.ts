import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { directoryDoor } from '../../../src/connectors/ldap/ldap.ts';
import { resolvePopulation } from '../../../src/rollout/population/resolve.ts';
import { populationSchema } from '../../../src/rollout/population/schema.ts';
import type { DirectorySearch } from '../../../src/rollout/ports.ts';
import { makeCertificate } from '../../helpers/certificate.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';
import { type LdapServer, rootDn, startSlapd, suffix } from '../../helpers/slapd.ts';
import { freePort } from '../../helpers/sshd.ts';

const programs = ['slapd', 'slapadd', 'ldapsearch', 'openssl'];
const odd = ['王小明', "o'neil", '$(touch x)', 'a, b', '"q" \\ #1', '😀', ' lead'];
const escaped = (value: string) => value.replace(/[\\,"+<>;#= ]/g, (sign) => `\\${sign}`);
const base64 = (value: string) => Buffer.from(value).toString('base64');
const oddDn = (uid: string) => `uid=${escaped(uid)},ou=odd,${suffix}`;

let folder: string;
let server: LdapServer;
let limited: LdapServer;
let certificates: Record<'own' | 'other', { certificate: string; key: string }>;
beforeEach(needs(...programs));
beforeAll(async () => {
  if (packagesMissing(...programs).length > 0) return;
  folder = mkdtempSync(join(tmpdir(), 'oaops-ldap-test-'));
  certificates = { own: makeCertificate(folder), other: makeCertificate(folder, 'other') };
  const ou = (name: string) => `dn: ou=${name},${suffix}\nobjectClass: organizationalUnit\nou: ${name}\n`;
  const entries = [
    ou('odd'),
    ...odd.map(
      (uid) =>
        `dn:: ${base64(oddDn(uid))}\nobjectClass: inetOrgPerson\nuid:: ${base64(uid)}\nsn: x\ncn: x\nmail: one@x\nmail: two@x\n`,
    ),
    `dn: cn=group,${suffix}\nobjectClass: groupOfNames\ncn: group\n${[oddDn('王小明'), oddDn('a, b')].map((dn) => `member:: ${base64(dn)}`).join('\n')}\nmember: UID=User7, ou=PEOPLE,${suffix}\n`,
    `dn: cn=posix,${suffix}\nobjectClass: posixGroup\ncn: posix\ngidNumber: 1\nmemberUid: user1\nmemberUid: user2\n`,
    `dn: cn=gone,${suffix}\nobjectClass: groupOfNames\ncn: gone\nmember: uid=gone,${suffix}\n`,
    ou('elsewhere'),
    `dn: ou=sub,ou=elsewhere,${suffix}\nobjectClass: referral\nobjectClass: extensibleObject\nou: sub\nref: ldap://other.example/ou=sub,${suffix}\n`,
    ou('photo'),
    `dn: uid=photo,ou=photo,${suffix}\nobjectClass: inetOrgPerson\nuid: photo\nsn: x\ncn: x\njpegPhoto:: /9j/\n`,
  ];
  const certificate = certificates.own;
  [server, limited] = await Promise.all([
    startSlapd(1203, { entries, certificate }),
    // Whoever has not logged in gets ten entries, and none of the people before.
    startSlapd(30, {
      database: 'olcSizeLimit: size.soft=10 size.hard=10 size.prtotal=10\nolcRequires: none',
    }),
  ]);
}, 60_000);
afterAll(async () => {
  await Promise.all([server?.stop(), limited?.stop()]);
  if (folder) rmSync(folder, { recursive: true, force: true });
});

function search(change: Partial<DirectorySearch> = {}, signal = new AbortController().signal) {
  return directoryDoor().search(
    {
      url: server.url,
      base: `ou=people,${suffix}`,
      scope: 'sub',
      filter: '(objectClass=person)',
      attributes: ['uid'],
      timeoutMs: 30_000,
      ...change,
    },
    signal,
  );
}
const uids = (entries: Awaited<ReturnType<typeof search>>) =>
  entries.map(({ attributes }) => attributes['uid']!.join());
const refusal = (code: string, message: RegExp, exitCode: number) =>
  expect.objectContaining({ code, message: expect.stringMatching(message), exitCode, next: expect.any(String) });

test('every entry comes, page by page', async () => {
  const found = await search();
  expect(uids(found).sort()).toEqual(Array.from({ length: 1203 }, (_, i) => `user${i}`).sort());
  expect(found[0]).toEqual({ dn: `uid=user0,ou=people,${suffix}`, attributes: { uid: ['user0'] } });
});

test('values arrive unchanged, under the names that were asked for', async () => {
  const found = await search({ base: `ou=odd,${suffix}`, attributes: ['UID', 'mail', 'telephoneNumber'] });
  expect(found.map(({ attributes }) => attributes['UID']?.[0]).sort()).toEqual(odd.toSorted());
  expect(found[0]!.attributes).toMatchObject({ mail: ['one@x', 'two@x'], telephoneNumber: [] });
  for (const filter of ['(uid=王小明)', '(uid=\\e7\\8e\\8b*)', 'uid=王小明'])
    expect(uids(await search({ base: `ou=odd,${suffix}`, filter }))).toEqual(['王小明']);
});

test('the scope is kept', async () => {
  expect(await search({ base: suffix, scope: 'one' })).toEqual([]);
  expect(uids(await search({ base: `uid=user3,ou=people,${suffix}`, scope: 'base' }))).toEqual(['user3']);
});

describe('a login', () => {
  const bind = () => ({ dn: rootDn, password: server.password });

  test('goes over ldaps, over StartTLS, and to this machine', async () => {
    const caFile = certificates.own.certificate;
    const one = { base: `uid=user3,ou=people,${suffix}`, bind: bind() };
    expect(uids(await search({ ...one, url: server.secureUrl, caFile }))).toEqual(['user3']);
    expect(uids(await search({ ...one, startTls: true, caFile }))).toEqual(['user3']);
    expect(uids(await search(one))).toEqual(['user3']);
  });

  test('that is refused is told, without the password', async () => {
    const wrong = { bind: { dn: rootDn, password: 'wr0ng-secret' } };
    const error = await search(wrong).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toEqual(refusal('directory-refused', /^the directory ldap:\/\/127.0.0.1:\d+ refused the login: /, 2));
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('wr0ng-secret');
    await expect(search({ bind: { dn: rootDn, password: '' } })).rejects.toThrow(
      refusal('directory-refused', /has no name or no password$/, 2),
    );
  });

  test.each(['ldap://directory.example', 'ldap://10.0.0.1', 'ldap://127.0.0.1.example'])(
    'in clear to %s is refused before anything is sent',
    async (url) => {
      await expect(search({ url, bind: bind() })).rejects.toThrow(
        refusal('directory-plain-login', /^the login at the directory ldap:.* would go over the network in clear$/, 4),
      );
    },
  );

  test('raises the limits that a search without it has', async () => {
    const login = { dn: rootDn, password: limited.password };
    expect(await search({ url: limited.url, bind: login })).toHaveLength(30);
  });
});

describe('an encrypted connection', () => {
  test.each([
    ['an unknown authority', () => ({})],
    ['another authority', () => ({ caFile: certificates.other.certificate })],
  ])('to a server with %s is refused', async (_, change) => {
    const expected = refusal('directory-tls', /^the certificate of the directory .* is not accepted: /, 1);
    await expect(search({ url: server.secureUrl, ...change() })).rejects.toThrow(expected);
    await expect(search({ startTls: true, ...change() })).rejects.toThrow(expected);
  });

  test('needs the name in the certificate', async () => {
    const caFile = certificates.own.certificate;
    for (const change of [
      { url: server.secureUrl.replace('127.0.0.1', 'localhost') },
      { url: server.url.replace('127.0.0.1', 'localhost'), startTls: true },
    ])
      await expect(search({ ...change, caFile })).rejects.toThrow(
        refusal('directory-tls', /not accepted: Hostname/, 1),
      );
  });

  test('that the server cannot give is no reason to go on without', async () => {
    await expect(search({ url: limited.url, startTls: true })).rejects.toThrow(
      refusal('directory-tls', /does not start TLS: /, 1),
    );
  });

  test('cannot be had twice, nor with an authority that cannot be read', async () => {
    await expect(search({ url: server.secureUrl, startTls: true })).rejects.toThrow(
      refusal('directory-url', /is encrypted from the beginning$/, 2),
    );
    await expect(search({ url: server.secureUrl, caFile: join(folder, 'gone.pem') })).rejects.toThrow(
      refusal('ca-file-unreadable', /gone.pem cannot be read \(ENOENT\)$/, 2),
    );
  });
});

describe('a part is never given for all', () => {
  test('when a size limit was reached', async () => {
    await expect(search({ url: limited.url })).rejects.toThrow(
      refusal('directory-partial', /does not give everything: its size limit was reached$/, 1),
    );
  });

  test('when a part lies on another server', async () => {
    await expect(search({ base: `ou=elsewhere,${suffix}` })).rejects.toThrow(
      refusal('directory-partial', /it refers to ldap:\/\/other.example\/ou=sub,dc=example,dc=com$/, 1),
    );
    await expect(search({ base: `ou=sub,ou=elsewhere,${suffix}` })).rejects.toThrow(
      refusal('directory-partial', /it refers to another server$/, 1),
    );
  });
});

test('what cannot be asked is an error', async () => {
  await expect(search({ base: 'ou=gone,dc=example,dc=com' })).rejects.toThrow(
    refusal('directory-base-missing', /has no entry ou=gone,dc=example,dc=com, or does not show it$/, 2),
  );
  await expect(search({ base: 'no name' })).rejects.toThrow(
    refusal('directory-base-missing', /^no name is not a name/, 2),
  );
  await expect(search({ filter: '(uid=a' })).rejects.toThrow(
    refusal('directory-filter', /^the filter is not as RFC 4515/, 2),
  );
  await expect(search({ base: `ou=photo,${suffix}`, attributes: ['jpegPhoto'] })).rejects.toThrow(
    refusal('directory-value', /^jpegPhoto of uid=photo,ou=photo,.* is not text$/, 2),
  );
  for (const url of ['http://x', 'ldapi:///', 'ldap://x/dc=x', 'ldap://u:p@x', 'x', 'ldap://'])
    await expect(search({ url })).rejects.toThrow(
      refusal('directory-url', /is not an ldap:\/\/ or ldaps:\/\/ URL$/, 2),
    );
});

test('a server that is not there, or is silent, is told; so is a stop', async () => {
  await expect(search({ url: `ldap://127.0.0.1:${await freePort()}` })).rejects.toThrow(
    refusal('directory-unreachable', /cannot be reached: ECONNREFUSED$/, 1),
  );
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  try {
    const { port } = silent.address() as { port: number };
    for (const url of [`ldap://127.0.0.1:${port}`, `ldaps://127.0.0.1:${port}`]) {
      await expect(search({ url, timeoutMs: 200 })).rejects.toThrow(
        refusal('directory-unreachable', /did not answer within 0.2 s$/, 1),
      );
      const stop = new AbortController();
      const searching = search({ url }, stop.signal);
      stop.abort(new Error('stopped'));
      await expect(searching).rejects.toThrow('stopped');
    }
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});

describe('the population of a group', () => {
  const population = (more: Record<string, unknown>) =>
    resolvePopulation(
      populationSchema.parse({ from: 'ldap', url: server.url, base: suffix, filter: '(uid=*)', ...more }),
      {
        directory: async () => directoryDoor(),
        query: () => Promise.reject(new Error('no database')),
        inventory: { sources: [], hosts: [] },
        secret: async () => server.password,
        baseDir: folder,
        signal: new AbortController().signal,
      },
    );

  test.each([
    ['group', ['a, b', 'user7', '王小明']],
    ['posix', ['user1', 'user2']],
  ])('%s has its members', async (name, ids) => {
    const scope = name === 'posix' ? { base: `ou=people,${suffix}` } : {};
    const filter = '(&(uid=*)(!(objectClass=referral)))';
    if (name === 'group') {
      // The referral lies below the suffix: the whole directory is never taken for read.
      await expect(population({ group: `cn=${name},${suffix}`, filter })).rejects.toThrow(
        expect.objectContaining({ code: 'directory-partial' }),
      );
      const parts = await Promise.all(
        ['people', 'odd'].map((ou) => population({ group: `cn=group,${suffix}`, base: `ou=${ou},${suffix}` })),
      );
      expect(parts.flatMap(({ members }) => members.map(({ id }) => id)).sort()).toEqual(ids);
      return;
    }
    const { members } = await population({
      group: `cn=${name},${suffix}`,
      bindDn: rootDn,
      password: 'env:PW',
      ...scope,
    });
    expect(members.map(({ id }) => id)).toEqual(ids);
  });

  test('whose members are not found is an error, like one that is not there', async () => {
    const base = `ou=people,${suffix}`;
    await expect(population({ base, group: `cn=gone,${suffix}` })).rejects.toThrow(
      expect.objectContaining({ code: 'population-empty' }),
    );
    await expect(population({ base, group: `cn=nobody,${suffix}` })).rejects.toThrow(
      expect.objectContaining({ code: 'directory-base-missing' }),
    );
  });

  test('entries with several ids, or none, are named', async () => {
    const base = `ou=odd,${suffix}`;
    await expect(population({ base, id: 'mail' })).rejects.toThrow(
      expect.objectContaining({ code: 'member-id-ambiguous' }),
    );
    await expect(population({ base, id: 'employeeNumber' })).rejects.toThrow(
      expect.objectContaining({
        code: 'member-id-missing',
        message: expect.stringMatching(/^uid=.*,ou=odd,.* has no value of employeeNumber$/),
      }),
    );
  });
});
