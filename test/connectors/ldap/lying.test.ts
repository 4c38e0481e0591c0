import { createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { LdapEntry, LdapSearch } from '../../../src/accounts/ports.ts';
import { ldapDoor } from '../../../src/connectors/ldap/session.ts';
import { type LdapAnswer, type LdapAsked, type ScriptedLdap, startScriptedLdap } from '../../helpers/scripted-ldap.ts';

let server: ScriptedLdap | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const signal = new AbortController().signal;
const base = 'ou=people,dc=oa';
const entry = (name: string, attributes: Record<string, (string | Buffer)[]> = {}): LdapAnswer => ({
  entry: `uid=${name},${base}`,
  attributes,
});
const page = (from: number, count: number): LdapAnswer[] =>
  Array.from({ length: count }, (_, i) => entry(`${from + i}`));

/** The whole of a search as the accounts room reads it, or its error. */
async function read(
  script: (asked: LdapAsked) => LdapAnswer[] | undefined,
  change: Partial<LdapSearch> = {},
  timeoutMs = 20_000,
): Promise<LdapEntry[]> {
  server = await startScriptedLdap(script);
  const session = await ldapDoor().open({ url: server.url, timeoutMs }, signal);
  try {
    const found: LdapEntry[] = [];
    const search: LdapSearch = { base, scope: 'sub', filter: '(uid=*)', attributes: ['uid'], pageSize: 3, ...change };
    for await (const some of session.search(search, signal)) found.push(...some);
    return found;
  } finally {
    session.close();
  }
}
const broken = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

test('a page without the control that the page before had is not the last one', async () => {
  const pages: Record<string, LdapAnswer[]> = {
    '': [...page(0, 3), { done: 0, cookie: 'two' }],
    two: [...page(3, 3), { done: 0 }],
  };
  await expect(read(({ search }) => search && pages[search.cookie])).rejects.toThrow(
    broken('directory-partial', /: it does not say whether a page is the last one$/),
  );
});

test('a server that cuts and does not say that it does is found out', async () => {
  const sizes: number[] = [];
  const cutting = ({ search }: LdapAsked) => {
    if (!search) return undefined;
    sizes.push(search.pageSize);
    return [...page(0, search.pageSize), { done: 0 }];
  };
  await expect(read(cutting)).rejects.toThrow(
    broken('directory-partial', /: it does not say whether a page is the last one$/),
  );
  expect(sizes).toEqual([3, 4]);
});

test('a server that does not know pages and holds just as many is believed', async () => {
  expect(await read(({ search }) => search && [...page(0, 3), { done: 0 }])).toHaveLength(3);
  await server!.stop();
  expect(await read(({ search }) => search && [...page(0, 70), { done: 0 }])).toHaveLength(70);
});

test.each([
  ['with the same cookie', () => 'same'],
  ['with a new cookie each time', (asked: number) => `cookie ${asked}`],
])('a page that comes again and again, %s, comes to an end', async (_, cookie) => {
  let asked = 0;
  const again = ({ search }: LdapAsked) => search && [...page(0, 3), { done: 0, cookie: cookie(asked++) }];
  await expect(read(again)).rejects.toThrow(broken('directory-partial', /: it gives uid=0,ou=people,dc=oa twice$/));
  expect(asked).toBe(2);
});

test('the same cookie for different pages is no fault', async () => {
  let asked = 0;
  const found = await read(
    ({ search }) => search && [...page(asked * 3, 3), { done: 0, cookie: asked++ < 4 ? '0' : '' }],
  );
  expect(found).toHaveLength(15);
});

test('an entry that comes twice in one page is an error', async () => {
  await expect(
    read(({ search }) => search && [entry('a'), entry('b'), entry('a'), { done: 0, cookie: '' }]),
  ).rejects.toThrow(broken('directory-partial', /: it gives uid=a,ou=people,dc=oa twice$/));
});

test.each([
  ['beside the base', 'uid=x,ou=else,dc=oa'],
  ['whose name only ends like the base', 'uid=x\\,ou=people,dc=oa'],
  ['above the base', 'dc=oa'],
  ['without a name', ''],
])('an entry %s is an error', async (_, name) => {
  await expect(
    read(({ search }) => search && [entry('a'), { entry: name, attributes: {} }, { done: 0, cookie: '' }]),
  ).rejects.toThrow(broken('directory-partial', /: it gives .*, which is not below ou=people,dc=oa$/));
});

test('names of the base are compared as servers write them', async () => {
  const found = await read(
    ({ search }) =>
      search && [
        { entry: 'UID=a, OU=People , DC=OA', attributes: {} },
        { done: 0, cookie: '' },
      ],
  );
  expect(found).toHaveLength(1);
});

test.each<[string, number[], RegExp]>([
  ['2 GiB', [0x30, 0x84, 0x7f, 0xff, 0xff, 0xff], /the answer is not LDAP/],
  ['a length of five bytes', [0x30, 0x85, 1, 0, 0, 0, 0], /the answer is not LDAP/],
  [
    'an element beyond its message',
    [0x30, 0x0c, 2, 1, 1, 0x64, 0x7f, 4, 1, 0x61, 0x30, 0, 0, 0],
    /the answer is not LDAP/,
  ],
  ['zeros', [0, 0, 0, 0, 0, 0, 0, 0], /the answer is not LDAP/],
  ['a result that is cut off', [0x30, 0x06, 2, 1, 1, 0x65, 1, 0x0a], /the answer is not LDAP/],
])('an answer with %s ends at once', async (_, bytes, message) => {
  const started = performance.now();
  await expect(read(({ search }) => search && [{ bytes: Buffer.from(bytes) }], {}, 600_000)).rejects.toThrow(
    broken('directory-unreachable', message),
  );
  expect(performance.now() - started).toBeLessThan(10_000);
});

test('whatever bytes a server sends, they are an error and never a result', async () => {
  let seed = 20261130;
  const random = () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed >> 8;
  };
  for (let round = 0; round < 40; round++) {
    const noise = Buffer.from(
      Array.from({ length: 64 }, (_, at) => (at === 0 ? 0x30 : at === 1 ? 62 : random() & 0xff)),
    );
    await expect(
      read(({ search }) => search && [{ bytes: noise }, 'hang up']),
      noise.toString('hex'),
    ).rejects.toThrow(broken('directory-unreachable', /cannot be reached/));
    await server!.stop();
  }
});

test('a name that is not UTF-8 is not taken for another name', async () => {
  const name = Buffer.concat([Buffer.from('uid='), Buffer.from([0xd6, 0xd0]), Buffer.from(`,${base}`)]);
  await expect(
    read(
      ({ search }) =>
        search && [
          { entry: name, attributes: {} },
          { done: 0, cookie: '' },
        ],
    ),
  ).rejects.toThrow(broken('directory-unreachable', /the answer is not LDAP/));
});

test('values that are not UTF-8 come as they are', async () => {
  const gbk = Buffer.from([0xcd, 0xf5]);
  const [found] = await read(({ search }) => search && [entry('a', { uid: [gbk] }), { done: 0, cookie: '' }]);
  expect(found!.attributes['uid']).toEqual([new Uint8Array(gbk)]);
});

test('a group of a hundred thousand members comes whole in ranges of 1,500', async () => {
  const members = Array.from({ length: 100_000 }, (_, i) => `uid=${i},${base}`);
  const step = 1500;
  const found = await read(
    ({ search }) => {
      if (!search) return undefined;
      const from = Number(/range=(\d+)-/.exec(search.attributes[0]!)?.[1] ?? 0);
      const last = from + step >= members.length;
      const name = `member;range=${from}-${last ? '*' : from + step - 1}`;
      return [entry('g', { [name]: members.slice(from, from + step) }), { done: 0, cookie: '' }];
    },
    { attributes: ['member'] },
  );
  expect(found[0]!.attributes['member']).toEqual(members);
}, 60_000);

test('a range that goes back is an error and not an endless group', async () => {
  const script = ({ search }: LdapAsked) =>
    search && [entry('g', { 'member;range=0-2': ['a', 'b', 'c'] }), { done: 0, cookie: '' } as const];
  await expect(read(script, { attributes: ['member'] })).rejects.toThrow(
    broken('directory-partial', /: member of uid=g,ou=people,dc=oa ends in the middle$/),
  );
});

test('the rest of a group that comes from another entry is an error', async () => {
  const script = ({ search }: LdapAsked): LdapAnswer[] | undefined =>
    search &&
    (search.attributes[0] === 'member'
      ? [entry('g', { 'member;range=0-1': ['a', 'b'] }), { done: 0, cookie: '' }]
      : [entry('other', { 'member;range=2-*': ['c'] }), { done: 0 }]);
  await expect(read(script, { attributes: ['member'] })).rejects.toThrow(broken('directory-partial', /.*/));
});

test.each([
  ['is silent', []],
  ['sends one byte after the other', [0x30, 0x7f, 2, 1, 1, 0x64]],
])('a server that %s is given up after the time', async (_, bytes) => {
  const sockets: Socket[] = [];
  const slow = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      let at = 0;
      const timer = setInterval(() => socket.write(Buffer.from([bytes[at++] ?? 0])), 20);
      if (bytes.length === 0) clearInterval(timer);
      socket.on('close', () => clearInterval(timer));
    });
  });
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  const { port } = slow.address() as { port: number };
  try {
    const session = await ldapDoor().open({ url: `ldap://127.0.0.1:${port}`, timeoutMs: 300 }, signal);
    const reading = (async () => {
      for await (const _page of session.search({ base, scope: 'sub', filter: '(uid=*)', attributes: [] }, signal));
    })();
    await expect(reading).rejects.toThrow(broken('directory-unreachable', /did not answer within 0.3 s$/));
  } finally {
    for (const socket of sockets) socket.destroy();
    slow.close();
  }
});

test.each<[number, string]>([
  [51, 'directory-failed'],
  [52, 'directory-failed'],
  [4, 'directory-partial'],
  [80, 'directory-failed'],
  [118, 'directory-failed'],
])('result %i on the second page is an error', async (status, code) => {
  const pages: Record<string, LdapAnswer[]> = {
    '': [...page(0, 3), { done: 0, cookie: 'two' }],
    two: [...page(3, 1), { done: status, message: 'busy', cookie: '' }],
  };
  await expect(read(({ search }) => search && pages[search.cookie])).rejects.toThrow(broken(code, /busy|limit/));
});
