import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkHostKey, parseKnownHosts } from '../../../src/connectors/ssh/known-hosts.ts';
import { sshSettings } from '../../../src/connectors/ssh/settings.ts';

const available = existsSync('/usr/bin/ssh');
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-as-ssh-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.skipIf(!available)('ssh_config is understood as ssh -G prints it', () => {
  const text = (folder: string) => `# comment
Include ${folder}/d/*.conf
Host=eq
  HostName = eq.example
  Port=2201
Host "quo ted" quoted
  HostName "quoted.example"
  User "a b"
  IdentityFile "/keys of/%r"
  UserKnownHostsFile "/tmp/k h1" /tmp/kh2
Host tok
  HostName %h.example.%%
Host !neg *.neg
  Port 77
Host *.neg
  Port 78
Host multi
  identityfile /k1
  IdentityFile /k2
  IdentityFile /k1
  IdentitiesOnly yes
  ProxyJump a@j1:22,j2
Match host eq.example
  User fromhost
Match originalhost tok user root
  Port 99
Match final host quoted.example
  Port 1234
  User late
Host hash
  User u#v # a comment
  IdentityFile /keys/my#1
Host single
  IdentityFile '/keys of/x y'
Host escaped
  IdentityFile "/a \\"b"
Host command-first
  ProxyCommand none
  ProxyJump gate
Match all
  ServerAliveInterval 7
Host *
\tUser\tstar
  ConnectTimeout 1m
`;

  it.each([
    'eq',
    'quoted',
    'tok',
    'x.neg',
    'neg',
    'multi',
    'inc',
    'other',
    'hash',
    'single',
    'escaped',
    'command-first',
  ])('%s', async (host) => {
    const config = join(dir, 'config');
    mkdirSync(join(dir, 'd'), { recursive: true });
    writeFileSync(join(dir, 'd/a.conf'), 'Host inc\r\n  HostName inc.example\r\n  Port 5\r\n', { mode: 0o600 });
    writeFileSync(config, text(dir), { mode: 0o600 });
    const printed = execFileSync('ssh', ['-G', '-F', config, host], { encoding: 'utf8' }).split('\n');
    const all = (name: string) =>
      printed.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
    const settings = await sshSettings(
      { name: host, connection: 'ssh', host, groups: [], vars: {} },
      { env: {}, home: dir, localUser: 'root', configFiles: [config], warn: () => {} },
    );
    expect({
      host: settings.host,
      port: String(settings.port),
      user: settings.user,
      jumps: settings.jumps.join(','),
      keepalive: String(settings.keepaliveMs / 1000),
      timeout: String(settings.connectTimeoutMs / 1000),
      only: settings.identitiesOnly ? 'yes' : 'no',
    }).toEqual({
      host: all('hostname')[0],
      port: all('port')[0],
      user: all('user')[0],
      jumps: all('proxyjump')[0] ?? '',
      keepalive: all('serveraliveinterval')[0],
      timeout: all('connecttimeout')[0],
      only: all('identitiesonly')[0],
    });
    if (['multi', 'hash', 'single', 'escaped'].includes(host))
      expect(settings.identities.map(({ path }) => path)).toEqual(all('identityfile'));
    if (host === 'quoted') {
      expect(settings.identities).toEqual([{ path: '/keys of/a b', explicit: true }]);
      expect(settings.knownHostsFiles.slice(0, 2)).toEqual(['/tmp/k h1', '/tmp/kh2']);
    }
  });
});

describe('ssh_config beyond what ssh -G prints', () => {
  const settingsOf = (text: string, home = dir, env: Record<string, string> = {}) => {
    const config = join(home, 'config');
    writeFileSync(config, text, { mode: 0o600 });
    return sshSettings(
      { name: 'h', connection: 'ssh', host: 'h', groups: [], vars: {} },
      { env, home, localUser: 'root', configFiles: [config], warn: () => {} },
    );
  };

  it('variables and tokens stand for their values in names of files', async () => {
    const text =
      'Host h\n HostName h.example\n HostKeyAlias al\n IdentityFile ${KEYS}/%k\n UserKnownHostsFile ~/kh_%k\n';
    const settings = await settingsOf(text, dir, { KEYS: '/keys' });
    expect(settings.identities).toEqual([{ path: '/keys/al', explicit: true }]);
    expect(settings.knownHostsFiles[0]).toBe(join(dir, 'kh_al'));
    await expect(settingsOf(text)).rejects.toMatchObject({ code: 'ssh-config-variable' });
  });

  it('a ProxyCommand before a ProxyJump is refused, not passed over', async () => {
    await expect(settingsOf('Host h\n ProxyCommand nc %h %p\n ProxyJump gate\n')).rejects.toMatchObject({
      code: 'ssh-proxy-command',
    });
    expect((await settingsOf('Host h\n ProxyJump gate\n ProxyCommand nc %h %p\n')).jumps).toEqual(['gate']);
  });

  it('relative names of Include start at the folder of the first file, however deep', async () => {
    mkdirSync(join(dir, 'deep'), { recursive: true });
    writeFileSync(join(dir, 'deep/one'), 'Include deep/two\n', { mode: 0o600 });
    writeFileSync(join(dir, 'deep/two'), 'Host h\n Port 2222\n', { mode: 0o600 });
    expect((await settingsOf('Include deep/one\n')).port).toBe(2222);
  });

  it('an open quote is an error with its line', async () => {
    await expect(settingsOf('Host h\n User "x\n')).rejects.toMatchObject({
      code: 'ssh-config-invalid',
      message: expect.stringContaining('config:2'),
    });
  });

  it.runIf(process.getuid?.() === 0)('a file of another account is refused', async () => {
    const home = mkdtempSync(join(tmpdir(), 'oaops-foreign-'));
    try {
      writeFileSync(join(home, 'config'), 'Host h\n', { mode: 0o600 });
      chownSync(join(home, 'config'), 65534, 65534);
      await expect(settingsOf('Host h\n', home)).rejects.toMatchObject({ code: 'ssh-config-unsafe' });
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!available)('known_hosts', () => {
  const keyOf = (type: string) => {
    const file = join(dir, `key-${type}-${Math.random().toString(36).slice(2)}`);
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
    const [name = '', encoded = ''] = execFileSync('cat', [`${file}.pub`], { encoding: 'utf8' }).split(' ');
    return { line: `${name} ${encoded}`, blob: Buffer.from(encoded, 'base64') };
  };

  it('is read as ssh does, and fails closed', () => {
    const [mine, other, ecdsa] = [keyOf('ed25519'), keyOf('ed25519'), keyOf('ecdsa')];
    const state = (text: string, host = 'web.example', port = 22, key = mine.blob) =>
      checkHostKey(parseKnownHosts('f', text), host, port, key).state;
    expect(state(`\r\n# web.example ${mine.line}\r\n\r\n  web.example ${mine.line} comment\r\n`)).toBe('known');
    expect(state(`*.example,!web.example ${mine.line}\n`)).toBe('unknown');
    expect(state(`!web.example,*.example ${mine.line}\n`)).toBe('unknown');
    expect(state(`WEB.example ${mine.line}\n`)).toBe('known');
    expect(state(`web.example ${other.line}\nweb.example ${mine.line}\n`)).toBe('known');
    expect(state(`web.example ${other.line}\n`)).toBe('changed');
    expect(state(`web.example ${ecdsa.line}\n`)).toBe('unknown');
    expect(state(`web.example ${mine.line}\n@revoked * ${mine.line}\n`)).toBe('revoked');
    expect(state(`@revoked [web.example]:2222 ${mine.line}\nweb.example ${mine.line}\n`, 'web.example', 2222)).toBe(
      'revoked',
    );
    expect(state(`@cert-authority *.example ${mine.line}\n`)).toBe('unknown');
    expect(state(`@somebody web.example ${mine.line}\n`)).toBe('unknown');
    expect(state(`[web.example]:2222 ${mine.line}\n`)).toBe('unknown');
    expect(state(`web.example ${mine.line}\n`, 'web.example', 2222)).toBe('known');
    expect(state(`[web.example]:2222 ${other.line}\nweb.example ${mine.line}\n`, 'web.example', 2222)).toBe('changed');
    expect(state(`web.example ssh-rsa ${mine.line.split(' ')[1]}\n`)).toBe('unknown');
    expect(state(`web.example ${mine.line.slice(0, -8)}\n`)).not.toBe('known');
    expect(state(`web.example 2048 65537 123456789\n`)).toBe('unknown');
    expect(state('')).toBe('unknown');
  });

  it('a file that cannot be read knows nobody, and is told about', async () => {
    const warnings: string[] = [];
    mkdirSync(join(dir, 'folder'));
    const settings = await sshSettings(
      { name: 'a', connection: 'ssh', host: 'a', groups: [], vars: {} },
      {
        env: {},
        home: dir,
        localUser: 'root',
        configFiles: [],
        knownHostsFiles: [join(dir, 'folder'), join(dir, 'missing')],
        warn: (message) => void warnings.push(message),
      },
    );
    expect(settings.knownHosts).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('folder cannot be read and knows no host')]);
  });
});
