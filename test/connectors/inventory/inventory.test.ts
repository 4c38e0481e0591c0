import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadInventory, parseInventory } from '../../../src/connectors/inventory/load.ts';
import type { OaopsError } from '../../../src/core/errors.ts';

const names = (text: string, file = 'hosts') => parseInventory(file, text).inventory.hosts.map(({ name }) => name);
const failure = (text: string, file = 'hosts'): OaopsError => {
  try {
    parseInventory(file, text);
  } catch (error) {
    return error as OaopsError;
  }
  throw new Error('was accepted');
};

const ini = `
; comment
mail.example.com:2222 ansible_user=ops   # a remark
[web]
web[01:03] http_port=80 greeting="hello world" note='a # b' flag=True
[db]
db-[a:c] ansible_host=10.0.0.5
[china]
[china:children]
web
db
[china:vars]
proxy = "http://proxy:3128"
http_port=8080
[web:vars]
http_port=443
ansible_become=yes
ansible_become_method=sudo
ansible_become_user=oa
ansible_become_password={{ lookup('env', 'OA_SUDO') }}
[all:vars]
zone=cn
ansible_ssh_common_args='-o ProxyJump=ops@bastion:2200 -o StrictHostKeyChecking=no'
`;

describe('Ansible INI', () => {
  it('reads hosts, ranges, groups, children and variables with their precedence', () => {
    const { inventory, warnings } = parseInventory('hosts', ini);
    expect(inventory.hosts.map(({ name }) => name)).toEqual([
      'mail.example.com',
      'web01',
      'web02',
      'web03',
      'db-a',
      'db-b',
      'db-c',
    ]);
    const byName = new Map(inventory.hosts.map((host) => [host.name, host]));
    expect(byName.get('mail.example.com')).toMatchObject({
      port: 2222,
      user: 'ops',
      groups: ['ungrouped'],
      host: 'mail.example.com',
      connection: 'ssh',
    });
    expect(byName.get('web02')).toMatchObject({
      groups: ['china', 'web'],
      proxyJump: 'ops@bastion:2200',
      become: { method: 'sudo', user: 'oa', password: 'env:OA_SUDO' },
      vars: {
        http_port: 80,
        greeting: 'hello world',
        note: 'a # b',
        flag: true,
        proxy: 'http://proxy:3128',
        zone: 'cn',
      },
    });
    expect(byName.get('db-b')).toMatchObject({ host: '10.0.0.5', vars: { http_port: 8080 } });
    expect(byName.get('db-b')).not.toHaveProperty('become');
    expect(warnings[0]).toContain('StrictHostKeyChecking=no');
    expect(JSON.stringify(byName.get('web02')?.vars)).not.toContain('OA_SUDO');
  });

  it.each([
    ['n[1:9:4]', ['n1', 'n5', 'n9']],
    ['r[1:2]-[a:b]', ['r1-a', 'r1-b', 'r2-a', 'r2-b']],
    ['w[08:11].x', ['w08', 'w09', 'w10', 'w11'].map((name) => `${name}.x`)],
    ['2001:db8::1', ['2001:db8::1']],
  ])('expands %s', (pattern, expected) => {
    expect(names(pattern)).toEqual(expected);
  });

  it.each([
    ['[web\nx', 'inventory-syntax', 1, 1],
    ['a\n  b stray', 'inventory-syntax', 2, 3],
    ['a x="open', 'inventory-syntax', 1, 1],
    ['[web:other]', 'inventory-syntax', 1, 1],
    ['\nw[9:1]', 'inventory-range', 2, 1],
    ['a ansible_password=hunter2', 'inventory-plain-password', 1, 1],
    ['a ansible_port=high', 'inventory-port', 1, 1],
    ['a ansible_host="{{ other }}"', 'inventory-template', 1, 1],
    ['a ansible_become=true ansible_become_method=runas', 'inventory-become-method', 1, 1],
    ['[a:children]\nb\n[b:children]\na\n[a]\nx', 'inventory-group-circle', 4, 1],
    ['[a:children]\na\n[a]\nx', 'inventory-group-circle', 2, 1],
    ['[web]\nx\n[wbe:vars]\na=1', 'inventory-group-undefined', 3, 1],
    ['[all-web:children]\n  nope', 'inventory-group-undefined', 2, 3],
    ['n[1:100000][1:100000]', 'inventory-range', 1, 1],
  ])('refuses %j with a position', (text, code, line, col) => {
    const error = failure(text);
    expect(error).toMatchObject({ code, exitCode: 2 });
    expect(error.position).toMatchObject({ line, col });
    expect(error.message).not.toContain('hunter2');
  });

  it('leaves hosts of other connections out and says so', () => {
    const { inventory, warnings } = parseInventory('hosts', 'a\nwin ansible_connection=winrm\nlocalhost\n');
    expect(inventory.hosts.map(({ name, connection }) => [name, connection])).toEqual([
      ['a', 'ssh'],
      ['localhost', 'local'],
    ]);
    expect(warnings).toEqual([expect.stringContaining('winrm')]);
  });
});

describe('YAML', () => {
  it('reads the Ansible form', () => {
    const text = `
all:
  vars: {zone: cn}
  hosts:
    mail: {ansible_port: 2222}
  children:
    web:
      hosts:
        web[1:2]: {ansible_user: ops}
      vars: {port: 80}
      children:
        edge:
          hosts: {e1: }
`;
    const { inventory } = parseInventory('hosts.yml', text);
    expect(inventory.hosts.map(({ name, groups, vars }) => [name, groups, vars['zone'], vars['port']])).toEqual([
      ['mail', ['ungrouped'], 'cn', undefined],
      ['web1', ['web'], 'cn', 80],
      ['web2', ['web'], 'cn', 80],
      ['e1', ['edge', 'web'], 'cn', 80],
    ]);
  });

  it('reads our own form', () => {
    const text = `
hosts:
  web[1:2]: {user: deploy, port: 2200, identityFile: ~/.ssh/oa, proxyJump: ops@bastion}
  db:
    host: 10.0.0.9
    password: env:DB_LOGIN
    become: {method: doas, user: postgres}
    vars: {role: primary}
  here: {connection: local}
groups:
  web: [web1, web2]
  all-data: {hosts: [db], children: [web], vars: {tier: 1}}
vars: {zone: cn}
`;
    const hosts = new Map(parseInventory('inv.yaml', text).inventory.hosts.map((host) => [host.name, host]));
    expect(hosts.get('web1')).toMatchObject({
      user: 'deploy',
      port: 2200,
      identityFile: '~/.ssh/oa',
      proxyJump: 'ops@bastion',
      groups: ['all-data', 'web'],
    });
    expect(hosts.get('db')).toMatchObject({
      host: '10.0.0.9',
      password: 'env:DB_LOGIN',
      become: { method: 'doas', user: 'postgres' },
      vars: { role: 'primary', tier: 1, zone: 'cn' },
    });
    expect(hosts.get('here')).toMatchObject({ connection: 'local' });
  });

  it.each([
    [
      'all:\n  hosts:\n    a:\n      x: !vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        3031\n',
      'inventory-vault',
      4,
      7,
    ],
    ['all:\n  host: {a: }\n', 'inventory-key', 2, 3],
    ['all:\n  hosts: [a]\n', 'inventory-shape', 2, 10],
    ['all:\n  hosts: {a: , a: }\n', 'inventory-syntax', 2, 16],
    ['hosts: {a: {colour: red}}\n', 'inventory-key', 1, 13],
    ['hosts: {a: }\ngroups:\n  g: [b]\n', 'inventory-host-unknown', 3, 7],
  ])('refuses %j with a position', (text, code, line, col) => {
    const error = failure(text, 'x.yml');
    expect(error).toMatchObject({ code });
    expect(error.position).toMatchObject({ line, col });
  });
});

describe('files', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-inventory-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('reads group_vars and host_vars beside the inventory', () => {
    mkdirSync(join(dir, 'group_vars/web'), { recursive: true });
    mkdirSync(join(dir, 'host_vars'));
    writeFileSync(join(dir, 'hosts'), '[web]\nw1 a=inline\nw2\n[web:vars]\na=group\nb=group\n');
    writeFileSync(join(dir, 'group_vars/all.yml'), 'b: all-file\nc: all-file\n');
    writeFileSync(join(dir, 'group_vars/web/one.yml'), 'c: web-file\nansible_user: ops\n');
    writeFileSync(join(dir, 'host_vars/w1.yml'), 'd: host-file\n');
    const { inventory } = loadInventory(join(dir, 'hosts'));
    expect(inventory.hosts.map(({ vars }) => [vars['a'], vars['b'], vars['c'], vars['d']])).toEqual([
      ['inline', 'all-file', 'web-file', 'host-file'],
      ['group', 'all-file', 'web-file', undefined],
    ]);
    expect(inventory.hosts[0]?.user).toBe('ops');
    expect(inventory.sources).toHaveLength(4);
  });

  it('runs no inventory program and names a missing file', () => {
    const script = join(dir, 'dynamic');
    writeFileSync(script, '#!/bin/sh\ntouch pwned\n', { mode: 0o755 });
    expect(() => loadInventory(script)).toThrow(expect.objectContaining({ code: 'inventory-script' }));
    expect(() => loadInventory(join(dir, 'none'))).toThrow(
      expect.objectContaining({ code: 'inventory-missing', exitCode: 2 }),
    );
  });
});

const hasAnsible = (() => {
  try {
    execFileSync('ansible-inventory', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasAnsible)('beside ansible-inventory', () => {
  it('gives the same hosts, groups and variables', () => {
    const dir = mkdtempSync(join(tmpdir(), 'oaops-ansible-'));
    try {
      const text = `
bare ansible_port=2222 x=1 y=1.5 z=True w=text s="two words"
[web]
web[01:03] a=host
[db]
db-[a:c]
[site:children]
web
db
[site:vars]
a=site
b=site
n=42
[web:vars]
b=web
[top:children]
site
[top:vars]
a=top
c=top
[all:vars]
c=all
d=all
`;
      mkdirSync(join(dir, 'group_vars'));
      writeFileSync(join(dir, 'group_vars/db.yml'), 'e: [1, two]\nb: db-file\n');
      writeFileSync(join(dir, 'hosts'), text);
      const listed = JSON.parse(
        execFileSync('ansible-inventory', ['-i', join(dir, 'hosts'), '--list'], {
          env: { ...process.env, LC_ALL: 'C.UTF-8' },
        }).toString(),
      ) as {
        _meta: { hostvars: Record<string, Record<string, unknown>> };
      };
      const { inventory } = loadInventory(join(dir, 'hosts'));
      expect(Object.fromEntries(inventory.hosts.map(({ name, vars }) => [name, vars]))).toEqual(
        Object.fromEntries(inventory.hosts.map(({ name }) => [name, listed._meta.hostvars[name] ?? {}])),
      );
      expect(inventory.hosts.map(({ name }) => name).sort()).toEqual(Object.keys(listed._meta.hostvars).sort());
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
