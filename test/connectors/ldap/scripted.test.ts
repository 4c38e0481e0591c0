import { afterEach, expect, test } from 'vitest';
import { directoryDoor } from '../../../src/connectors/ldap/ldap.ts';
import type { DirectorySearch } from '../../../src/rollout/ports.ts';
import { type LdapAnswer, type LdapAsked, type ScriptedLdap, startScriptedLdap } from '../../helpers/scripted-ldap.ts';

let server: ScriptedLdap | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function search(script: (asked: LdapAsked) => LdapAnswer[] | undefined, change: Partial<DirectorySearch> = {}) {
  server = await startScriptedLdap(script);
  return directoryDoor().search(
    {
      url: server.url,
      base: 'dc=x',
      scope: 'sub',
      filter: '(objectClass=*)',
      attributes: ['member'],
      timeoutMs: 20_000,
      ...change,
    },
    new AbortController().signal,
  );
}
const refusal = (code: string, message: RegExp, exitCode: number) =>
  expect.objectContaining({ code, message: expect.stringMatching(message), exitCode });
const entry = (name: string, attributes: Record<string, string[]> = {}): LdapAnswer => ({ entry: name, attributes });
const done: LdapAnswer = { done: 0 };

const members = Array.from({ length: 3300 }, (_, i) => `cn=${i},dc=x`);
const ranged = (from: number, to: number, last = false) => ({
  [`member;range=${from}-${last ? '*' : to - 1}`]: members.slice(from, to),
});

test('a group of Active Directory is read to its last member', async () => {
  const found = await search(({ search }) => {
    const from = /^member;range=(\d+)-\*$/.exec(search?.attributes[0] ?? '')?.[1];
    if (!search) return undefined;
    if (from === undefined) return [entry('cn=g,dc=x', { member: [], ...ranged(0, 1500) }), done];
    return [entry('cn=g,dc=x', from === '1500' ? ranged(1500, 3000) : ranged(3000, 3300, true)), done];
  });
  expect(found).toEqual([{ dn: 'cn=g,dc=x', attributes: { member: members } }]);
  expect(server!.asked.map((asked) => asked.search?.attributes)).toEqual([
    ['member'],
    ['member;range=1500-*'],
    ['member;range=3000-*'],
    ...server!.asked.slice(3).map(() => undefined),
  ]);
});

test.each<[string, LdapAnswer[]]>([
  ['nothing', [done]],
  ['no values', [entry('cn=g,dc=x', { 'member;range=1500-*': [] }), done]],
  ['a gap', [entry('cn=g,dc=x', ranged(1600, 3000)), done]],
])('a group whose rest gives %s is an error', async (_, rest) => {
  const script = ({ search }: LdapAsked) =>
    search && (search.attributes[0] === 'member' ? [entry('cn=g,dc=x', ranged(0, 1500)), done] : rest);
  await expect(search(script)).rejects.toThrow(
    refusal('directory-partial', /: member of cn=g,dc=x ends in the middle$/, 1),
  );
});

test('a page without entries is not the last one', async () => {
  const pages: Record<string, LdapAnswer[]> = {
    '': [entry('cn=a,dc=x'), { done: 0, cookie: 'two' }],
    two: [{ done: 0, cookie: 'three' }],
    three: [entry('cn=b,dc=x'), { done: 0, cookie: '' }],
  };
  const found = await search(({ search }) => search && pages[search.cookie]);
  expect(found.map(({ dn }) => dn)).toEqual(['cn=a,dc=x', 'cn=b,dc=x']);
});

test('pages that never end, do', async () => {
  await expect(search(({ search }) => search && [{ done: 0, cookie: 'more' }])).rejects.toThrow(
    refusal('directory-partial', /: its pages do not end$/, 1),
  );
});

test('the references at the top of a domain of Active Directory hold nobody; others may', async () => {
  const own = [
    'ldap://ForestDnsZones.corp.example/DC=ForestDnsZones,DC=corp,DC=example',
    'ldap://DomainDnsZones.corp.example/DC=DomainDnsZones,DC=corp,DC=example',
    'ldap://corp.example/CN=Configuration,DC=corp,DC=example',
  ].map((refer) => ({ refer }));
  expect(await search(({ search }) => search && [...own, entry('cn=a,dc=x'), done])).toHaveLength(1);
  await server!.stop();
  const child = { refer: 'ldap://asia.corp.example/DC=asia,DC=corp,DC=example??sub' };
  await expect(search(({ search }) => search && [...own, entry('cn=a,dc=x'), child, done])).rejects.toThrow(
    refusal('directory-partial', /: it refers to ldap:\/\/asia.corp.example\/DC=asia,DC=corp,DC=example$/, 1),
  );
});

test.each<[number, string, RegExp, number]>([
  [1, 'directory-refused', /^the directory ldap:.* refused the search: a successful bind must be completed$/, 2],
  [3, 'directory-partial', /: its time limit was reached$/, 1],
  [4, 'directory-partial', /: its size limit was reached$/, 1],
  [11, 'directory-partial', /: its size limit was reached$/, 1],
  [10, 'directory-partial', /: it refers to another server$/, 1],
  [50, 'directory-refused', /refused the search: a successful bind/, 2],
  [52, 'directory-failed', /did not answer the search: a successful bind/, 1],
])('result %i after some entries is an error', async (status, code, message, exitCode) => {
  const end = { done: status, message: 'a successful\u001bbind must be completed' };
  await expect(search(({ search }) => search && [entry('cn=a,dc=x'), end])).rejects.toThrow(
    refusal(code, message, exitCode),
  );
});

test.each([
  [8, 'Use an ldaps:// URL or "startTls: true".'],
  [49, 'Check "bindDn" and "password".'],
])('a login refused with %i is told with its next step', async (status, next) => {
  const bind = { dn: 'cn=reader', password: 's3cret-password' };
  await expect(search(() => [{ done: status }], { bind })).rejects.toThrow(
    expect.objectContaining({ code: 'directory-refused', exitCode: 2, next }),
  );
});

test('after a refused StartTLS no password is sent', async () => {
  const bind = { dn: 'cn=reader', password: 's3cret-password' };
  await expect(search(() => [{ done: 2, message: 'unsupported' }], { bind, startTls: true })).rejects.toThrow(
    refusal('directory-tls', /does not start TLS: unsupported$/, 1),
  );
  expect(server!.asked.map(({ operation }) => operation)).not.toContain(0x60);
});

test.each<[string, LdapAnswer[], RegExp]>([
  [
    'a connection that ends in the middle',
    [entry('cn=a,dc=x'), 'hang up'],
    /the server closed the connection|ECONNRESET/,
  ],
  ['an answer that is no LDAP', [{ bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') }], /the answer is not LDAP/],
  [
    'an answer to nothing',
    [{ bytes: Buffer.from('300c020100' + '78070a010004000400', 'hex') }],
    /not asked for, or hung up/,
  ],
])('%s is an error', async (_, answers, message) => {
  await expect(search(({ search }) => search && answers)).rejects.toThrow(refusal('directory-unreachable', message, 1));
});
