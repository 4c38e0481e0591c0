import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256Hex } from '../../../src/core/json.ts';
import type { Target } from '../../../src/engine/ports.ts';
import { type PopulationPlace, resolvePopulation } from '../../../src/rollout/population/resolve.ts';
import { type PopulationSpec, populationSchema } from '../../../src/rollout/population/schema.ts';
import type { DirectoryEntry, DirectorySearch } from '../../../src/rollout/ports.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-population-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const spec = (text: Record<string, unknown>): PopulationSpec => populationSchema.parse(text);
const host = (name: string, vars: Record<string, unknown> = {}, groups: string[] = []): Target => ({
  name,
  connection: 'ssh',
  host: name,
  groups,
  vars,
});
const resolve = (text: Record<string, unknown>, place: Partial<PopulationPlace> = {}) =>
  resolvePopulation(spec(text), {
    directory: () => Promise.reject(new Error('no directory')),
    query: () => Promise.reject(new Error('no database')),
    inventory: { sources: [], hosts: [] },
    secret: async (ref) => `secret of ${ref}`,
    baseDir: folder,
    signal: new AbortController().signal,
    ...place,
  });
const refusal = (code: string, message: string) => expect.objectContaining({ code, message, exitCode: 2 });

test('a list gives members with its columns, its source and its digest', async () => {
  const text = 'id,部门\r\n王小明,财务\r\n"$(touch x) ""q""",IT\r\n';
  writeFileSync(join(folder, 'people.csv'), text);
  expect(await resolve({ from: 'csv', file: 'people.csv', id: 'id' })).toEqual({
    members: [
      { id: '$(touch x) "q"', vars: { id: '$(touch x) "q"', 部门: 'IT' } },
      { id: '王小明', vars: { id: '王小明', 部门: '财务' } },
    ],
    source: 'people.csv',
    files: [{ file: join(folder, 'people.csv'), sha256: sha256Hex(text) }],
  });
  const { members } = await resolve({
    from: 'csv',
    file: join(folder, 'people.csv'),
    id: 'id',
    fields: { dept: '部门' },
    order: { by: 'dept', first: ['财务'] },
  });
  expect(members.map(({ vars }) => vars)).toEqual([{ dept: '财务' }, { dept: 'IT' }]);
});

test('a list that cannot be read is an error, never an empty population', async () => {
  writeFileSync(join(folder, 'large.csv'), '');
  truncateSync(join(folder, 'large.csv'), 65 * 1024 * 1024);
  mkdirSync(join(folder, 'folder.csv'));
  writeFileSync(join(folder, 'header.csv'), 'uid,name\n');
  writeFileSync(join(folder, 'twice.csv'), 'uid\nbob\nann\nBob\n');
  writeFileSync(join(folder, 'blank.csv'), 'uid,name\nbob,b\n,c\n');
  const list = (file: string, more = {}) => resolve({ from: 'csv', file, id: 'uid', ...more });
  await expect(list('gone.csv')).rejects.toThrow(
    refusal('population-file', 'the list gone.csv cannot be read (ENOENT)'),
  );
  await expect(list('folder.csv')).rejects.toThrow(
    refusal('population-file', 'the list folder.csv cannot be read (EISDIR)'),
  );
  await expect(list('large.csv')).rejects.toThrow(
    refusal('population-file', 'the list large.csv is larger than 64 MiB'),
  );
  await expect(list('header.csv')).rejects.toThrow(
    refusal('population-empty', 'the population is empty: header.csv names nobody'),
  );
  await expect(list('blank.csv')).rejects.toThrow(refusal('member-id-invalid', 'blank.csv:3 has no id'));
  await expect(list('twice.csv')).rejects.toThrow(
    refusal('member-twice', '"bob" and "Bob" differ only in how they are written: twice.csv:2, twice.csv:4'),
  );
  await expect(list('header.csv', { id: 'mail' })).rejects.toThrow(
    refusal('column-unknown', 'there is no column "mail"'),
  );
  await expect(list('header.csv', { fields: { dept: 'dept' } })).rejects.toThrow(
    expect.objectContaining({
      code: 'column-unknown',
      next: 'Known columns: uid, name.',
      position: { file: 'header.csv', line: 1, col: 1 },
    }),
  );
});

test('hosts of the inventory come with their variables and groups', async () => {
  const hosts = [host('web2', { ring: 2 }, ['web']), host('web1', { ring: 10 }, ['web']), host('db', {}, [])];
  const place = { inventory: { sources: [], hosts } };
  expect(await resolve({ from: 'inventory', targets: ['group:web', 'web1'] }, place)).toEqual({
    members: [
      { id: 'web1', vars: { groups: ['web'], ring: 10 } },
      { id: 'web2', vars: { groups: ['web'], ring: 2 } },
    ],
    source: 'group:web, web1',
  });
  const { members } = await resolve(
    { from: 'inventory', targets: ['all'], order: { by: 'ring' }, exclude: ['db'] },
    place,
  );
  expect(members.map(({ id }) => id)).toEqual(['web2', 'web1']);
  await expect(resolve({ from: 'inventory', targets: ['group:app'] }, place)).rejects.toThrow(
    refusal('target-unknown', 'group "app" has no members in the inventory'),
  );
  const twins = { inventory: { sources: [], hosts: [host('Web1'), host('web1')] } };
  await expect(resolve({ from: 'inventory', targets: ['all'] }, twins)).rejects.toThrow(
    refusal('member-twice', '"Web1" and "web1" differ only in how they are written: Web1, web1'),
  );
});

const ldap = { from: 'ldap', url: 'ldaps://dir.example', base: 'dc=x' };

/** A directory that gives the entries below each base, and what it was asked. */
function directory(entries: Record<string, DirectoryEntry[]>) {
  const asked: DirectorySearch[] = [];
  return {
    asked,
    directory: async () => ({
      search: async (request: DirectorySearch) => {
        asked.push(request);
        return entries[request.base] ?? [];
      },
    }),
  };
}
const person = (dn: string, attributes: Record<string, string[]>): DirectoryEntry => ({ dn, attributes });

test('entries of a directory give ids and fields', async () => {
  const door = directory({
    'dc=x': [
      person('cn=王,dc=x', { uid: ['王小明'], mail: ['w@x', 'w2@x'], ou: [] }),
      person('cn=b,dc=x', { uid: ['bob'], mail: ['b@x'], ou: ['IT'] }),
    ],
  });
  const found = await resolve(
    { ...ldap, bindDn: 'cn=reader', password: 'env:PW', caFile: 'ca.pem', fields: { mail: 'mail', dept: 'ou' } },
    door,
  );
  expect(found).toEqual({
    members: [
      { id: 'bob', vars: { mail: 'b@x', dept: 'IT' } },
      { id: '王小明', vars: { mail: ['w@x', 'w2@x'], dept: null } },
    ],
    source: 'ldaps://dir.example/dc=x??sub?(objectClass=person)',
  });
  expect(door.asked).toEqual([
    {
      url: 'ldaps://dir.example',
      startTls: false,
      timeoutMs: 60_000,
      bind: { dn: 'cn=reader', password: 'secret of env:PW' },
      caFile: join(folder, 'ca.pem'),
      base: 'dc=x',
      scope: 'sub',
      filter: '(objectClass=person)',
      attributes: ['uid', 'mail', 'ou'],
    },
  ]);
});

test('a group leaves its members, however it names them', async () => {
  const people = ['a', 'b', 'c', 'd'].map((uid) => person(`uid=${uid},ou=People,dc=x`, { uid: [uid] }));
  const found = await resolve(
    { ...ldap, group: 'cn=g,dc=x' },
    directory({
      'dc=x': people,
      'cn=g,dc=x': [
        person('cn=g,dc=x', {
          member: ['UID=A, ou=people,dc=x', 'uid=gone,dc=x'],
          uniqueMember: ["uid=b,ou=people,dc=x#'01'B"],
          memberUid: ['c'],
        }),
      ],
    }),
  );
  expect(found.members.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  expect(found.source).toMatch(/cn=g,dc=x 3\/4$/);
  await expect(resolve({ ...ldap, group: 'cn=g,dc=x' }, directory({ 'dc=x': people }))).rejects.toThrow(
    refusal('population-empty', 'the group cn=g,dc=x has no members'),
  );
});

test('an entry without one id is named by its DN', async () => {
  const of = (attributes: Record<string, string[]>) =>
    resolve(ldap, directory({ 'dc=x': [person('cn=b,dc=x', attributes)] }));
  await expect(of({ uid: [] })).rejects.toThrow(refusal('member-id-missing', 'cn=b,dc=x has no value of uid'));
  await expect(of({ uid: ['b', 'bob'] })).rejects.toThrow(
    refusal('member-id-ambiguous', 'cn=b,dc=x has 2 values of uid: b, bob'),
  );
  await expect(resolve(ldap, directory({}))).rejects.toThrow(
    refusal(
      'population-empty',
      'the population is empty: ldaps://dir.example/dc=x??sub?(objectClass=person) names nobody',
    ),
  );
});

test('half a login is refused: a server would let it in as nobody', async () => {
  const message = 'a login at the directory needs "bindDn" and "password"';
  await expect(resolve({ ...ldap, bindDn: 'cn=reader' }, directory({}))).rejects.toThrow(
    refusal('directory-login', message),
  );
  await expect(resolve({ ...ldap, password: 'env:PW' }, directory({}))).rejects.toThrow(
    refusal('directory-login', message),
  );
});

/** A database that gives these rows. */
const database = (rows: Record<string, unknown>[]) => {
  const asked: unknown[] = [];
  return {
    asked,
    query: async () => ({
      rows: async (request: unknown) => {
        asked.push(request);
        return rows;
      },
    }),
  };
};

test('rows of a query are members', async () => {
  const door = database([
    { login: 'b', n: 1 },
    { login: 7, n: 2 },
  ]);
  expect(
    await resolve(
      {
        from: 'sql',
        url: 'postgres://oa@db:5432/oa?sslmode=require',
        password: 'env:PW',
        query: 'select 1',
        id: 'login',
      },
      door,
    ),
  ).toEqual({
    members: [
      { id: '7', vars: { login: 7, n: 2 } },
      { id: 'b', vars: { login: 'b', n: 1 } },
    ],
    source: 'postgres://db:5432/oa',
  });
  expect(door.asked).toEqual([
    {
      url: 'postgres://oa@db:5432/oa?sslmode=require',
      password: 'secret of env:PW',
      query: 'select 1',
      timeoutMs: 60_000,
    },
  ]);
});

test.each([
  ['sqlite:oa.db', (base: string) => `sqlite:${base}/oa.db`],
  ['sqlite:/var/oa.db', () => 'sqlite:/var/oa.db'],
  ['sqlite:///var/oa.db', () => 'sqlite:/var/oa.db'],
])('the file of %s is meant from the folder of the runbook', async (url, expected) => {
  const door = database([{ id: 'a' }]);
  await resolve({ from: 'sql', url, query: 'select 1', id: 'id' }, door);
  expect(door.asked).toEqual([expect.objectContaining({ url: expected(folder) })]);
});

test('a row without a usable id is an error', async () => {
  const of = (...rows: Record<string, unknown>[]) =>
    resolve({ from: 'sql', url: 'sqlite:oa.db', query: 'select 1', id: 'id' }, database(rows));
  await expect(of()).rejects.toThrow(refusal('population-empty', 'the population is empty: sqlite:oa.db names nobody'));
  await expect(of({ id: 'a' }, { id: null })).rejects.toThrow(refusal('member-id-invalid', 'row number 2 has no id'));
  await expect(of({ id: true })).rejects.toThrow(
    refusal('member-id-invalid', 'the id of row number 1 is neither text nor a number'),
  );
  await expect(of({ uid: 'a' })).rejects.toThrow(refusal('column-unknown', 'there is no column "id"'));
  await expect(of({ id: 1 }, { id: '1' })).rejects.toThrow(
    refusal('member-twice', '"1" is twice in the population: row number 1, row number 2'),
  );
});

test('what the source says is passed on', async () => {
  const fault = new Error('the server is gone');
  await expect(resolve(ldap, { directory: async () => ({ search: () => Promise.reject(fault) }) })).rejects.toBe(fault);
  await expect(
    resolve(
      { from: 'sql', url: 'sqlite:x', query: 'q', id: 'id' },
      { query: async () => ({ rows: () => Promise.reject(fault) }) },
    ),
  ).rejects.toBe(fault);
});
