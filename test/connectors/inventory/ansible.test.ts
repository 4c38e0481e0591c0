import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadInventory } from '../../../src/connectors/inventory/load.ts';
import { pythonLiteral } from '../../../src/connectors/inventory/python-literal.ts';

/** Inventories (file name -> text; one of several files is a folder) that Ansible and oaops must read alike. */
const inventories: Record<string, Record<string, string>> = {
  'ranges and ports': {
    'a.ini':
      'm[0:10:5]\nk[:3]\nz[001:003]\nn[a:c]-[1:2]\nc[y:B]\nh1:2222\n10.0.0.[1:2]:2201\nfe80::1\nh2:22 ansible_port=23\n',
  },
  'quotes and comments': {
    'a.ini': `a x=foo#bar y=lost
b x='it''s' y="a=b=c" e= z=b\\ c # note
[g]
a
b
[g:vars]
c=foo # bar
d=5 # five
e="quoted" # after
f='x' 'y'
h={'a': True, 'b': [None, 1.5]}
i=1e3
j=0x10
k=007
l=-3
n=true
o=(1,2)
p=1_000
r="he said \\"x\\""
u='a\\nb\\x41\\u0042'
y='abc
z=[1, 2
ab=1.2.3.4
ac= spaced
`,
  },
  'order of groups': {
    'a.ini': `h x=host
[b]
h
[a:children]
b
[c]
h
[d]
h
[a:vars]
x=a
y=a
[b:vars]
y=b
z=b
[c:vars]
z=c
y=c
ansible_group_priority=5
[d:vars]
z=d
[all:vars]
q=all
`,
  },
  'who is ungrouped': { 'a.ini': 'h1\nh2\n[web]\nh1\n[ungrouped]\nh3\nh1\n' },
  'windows line ends': { 'a.ini': '[web]\r\nw1 ansible_port=22 a=b\r\n[web:vars]\r\nx=1\r\n' },
  'yaml groups': {
    'a.yml': `all:
  hosts: {mail: {ansible_port: 2222}, 'h1:2201': }
  children:
    web:
      hosts: {'web[1:2]': {ansible_user: ops}}
      vars: {port: 80, oct: 010, sexa: 1:30, n: ~}
      children: {edge: {hosts: {e1: }}}
    empty:
one: {hosts: single, children: web}
`,
  },
  'yaml words': {
    'a.yml': `all:
  hosts:
    h1: {a: y, b: N, c: Yes, d: 1.5, e: 1.5e3, f: 1.5e+3, g: 0o17, h: 08, j: 1e3, k: -0x1F, l: 0b11, m: +5, p: 2020-01-01,
      q: .5, t: [1e3, y], w: Null, x: TRUE, i: 0123, v: on, e1: e1}
`,
  },
  'yaml merge keys': {
    'a.yml': `all:
  vars: &v {a: 1}
  children:
    web: {hosts: {h: {<<: [*v, {b: 2, a: 3}], c: 4}, i: {<<: *v, a: 5}}}
`,
  },
  'folders and files of variables': {
    hosts:
      '[web]\nw1 a=inline b=inline\nw2\n[db]\nw1\n[all:vars]\nz=inv\ng=inv\n[web:vars]\nz=web\nansible_group_priority=2\n',
    'more/hosts.yml': 'db: {hosts: {w3: {a: 1}}}\n',
    'ignored.ini': 'never\n',
    'ignored.txt': 'never\n',
    'group_vars/all.yml': 'z: files\ng: files\nk: files\n',
    'group_vars/web/a.yml': 'k: web\nwv: 1\na: web\n',
    'group_vars/web/b.yaml': 'wv: 2\n',
    'group_vars/web/notes.text': 'not: read\n',
    'group_vars/db': 'k: db\n',
    'host_vars/w1.yml': 'b: host\nansible_port: 2022\n',
  },
};

type Facts = Record<string, { groups: string[]; vars: unknown }>;

const missing = spawnSync('ansible-inventory', ['--version']).status !== 0;

describe('as ansible-inventory reads it', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-ansible-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const write = (name: string): string => {
    const files = Object.entries(inventories[name]!);
    const folder = join(dir, name.replaceAll(' ', '-'));
    for (const [file, text] of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    return files.length === 1 ? join(folder, files[0]![0]) : folder;
  };

  const ours = (path: string): Facts =>
    Object.fromEntries(loadInventory(path).inventory.hosts.map(({ name, groups, vars }) => [name, { groups, vars }]));

  // Needs Debian's ansible-core; the expected values below hold without it.
  it.skipIf(missing).each(Object.keys(inventories))('%s', { timeout: 60_000 }, (name) => {
    const path = write(name);
    expect(ours(path)).toEqual(theirs(path, dir));
  });

  it('expected values, for machines without Ansible', () => {
    expect(ours(write('quotes and comments'))['b']!.vars).toMatchObject({
      x: 'its',
      y: 'a=b=c',
      c: 'foo # bar',
      d: 5,
      e: '',
      f: 'xy',
      h: { a: true, b: [null, 1.5] },
      k: '007',
      p: 1000,
      z: 'b c',
    });
    expect(ours(write('quotes and comments'))['a']!.vars).toMatchObject({ x: 'foo' });
    expect(ours(write('order of groups'))['h']).toEqual({
      groups: ['a', 'b', 'c', 'd'],
      vars: { x: 'host', y: 'b', z: 'b', q: 'all' },
    });
    expect(ours(write('who is ungrouped'))['h1']!.groups).toEqual(['web']);
    expect(ours(write('yaml groups'))['h1']).toEqual({ groups: ['ungrouped'], vars: { ansible_port: 2201 } });
    expect(ours(write('yaml merge keys'))['h']!.vars).toEqual({ a: 1, b: 2, c: 4 });
    const { inventory, warnings } = loadInventory(write('folders and files of variables'));
    expect(inventory.hosts.map(({ name }) => name)).toEqual(['w1', 'w2', 'w3']);
    expect(warnings).toEqual([expect.stringMatching(/ignored\.ini is left out/)]);
  });
});

describe('what Ansible reads and oaops refuses, with the place', () => {
  const refusal = (bytes: string | Uint8Array, name = 'hosts.yml'): unknown => {
    const dir = mkdtempSync(join(tmpdir(), 'oaops-inventory-'));
    try {
      writeFileSync(join(dir, name), bytes);
      loadInventory(join(dir, name));
      return 'accepted';
    } catch (error) {
      return error;
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  };

  it('a group inside itself by an alias', () => {
    expect(refusal('web: &w\n  hosts: {h: }\n  children: {sub: *w}\n')).toMatchObject({
      code: 'inventory-group-circle',
      exitCode: 2,
    });
    expect(refusal('web: {hosts: {h: &v {<<: *v}}}\n')).toMatchObject({ code: 'inventory-shape', exitCode: 2 });
  });

  it('bytes that are no text', () => {
    expect(refusal(Buffer.from('\x7fELF\x00\x01web', 'latin1'), 'inventory')).toMatchObject({
      code: 'inventory-unreadable',
      exitCode: 2,
    });
    expect(refusal(Buffer.from('[web]\nh\xe9\n', 'latin1'), 'hosts')).toMatchObject({ code: 'inventory-unreadable' });
  });

  it('pipes, which would never end', () => {
    const dir = mkdtempSync(join(tmpdir(), 'oaops-inventory-'));
    execFileSync('mkfifo', [join(dir, 'hosts')]);
    expect(() => loadInventory(join(dir, 'hosts'))).toThrow(expect.objectContaining({ code: 'inventory-unreadable' }));
    rmSync(dir, { recursive: true, force: true });
  });
});

it.each([
  ["r'a\\n'", 'a\\n'],
  ['"""a"b"""', 'a"b'],
  ['(1)', 1],
  ['(1,)', [1]],
  ['{1, 2}', [1, 2]],
  ['{1: 2}', { '1': 2 }],
  ['[1, [2, {"a": (3,)}],]', [1, [2, { a: [3] }]]],
  ['-0', 0],
  ['1e999', '1e999'],
  // More than a JSON number holds exactly: kept as written.
  ['99999999999999999999', '99999999999999999999'],
  ['0b11', 3],
  ["'\\x4'", "'\\x4'"],
  ['[1 2]', '[1 2]'],
  ['1.2.3', '1.2.3'],
  ['trueish', 'trueish'],
  ['{"a": 1, 2}', '{"a": 1, 2}'],
  ['[[[', '[[['],
  ['['.repeat(5000), '['.repeat(5000)],
  ['{"__proto__": {"x": 1}}', JSON.parse('{"__proto__": {"x": 1}}')],
  ['', ''],
])('the Python literal %j', (text, value) => {
  expect(pythonLiteral(text)).toEqual(value);
});

function theirs(path: string, home: string): Facts {
  const text = execFileSync('ansible-inventory', ['-i', path, '--list'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, HOME: home, ANSIBLE_INVENTORY_UNPARSED_FAILED: 'true', LC_ALL: 'C.UTF-8' },
  });
  const { _meta, ...groups } = JSON.parse(text) as Record<string, { hosts?: string[]; children?: string[] }> & {
    _meta: { hostvars: Record<string, unknown> };
  };
  const members = (group: string): string[] => [
    ...(groups[group]?.hosts ?? []),
    ...(groups[group]?.children ?? []).flatMap(members),
  ];
  return Object.fromEntries(
    [...new Set(Object.keys(groups).flatMap(members))].map((host) => [
      host,
      {
        groups: Object.keys(groups)
          .filter((group) => group !== 'all' && members(group).includes(host))
          .sort(),
        vars: _meta.hostvars[host] ?? {},
      },
    ]),
  );
}
