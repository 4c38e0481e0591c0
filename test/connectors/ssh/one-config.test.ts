import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkHostKey } from '../../../src/connectors/ssh/known-hosts.ts';
import { sshSettings } from '../../../src/connectors/ssh/settings.ts';

const available = existsSync('/usr/bin/ssh');
let dir: string;
let executed: string;

const write = (name: string, text: string) => {
  const path = join(dir, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-one-config-'));
  executed = join(dir, 'executed');
  mkdirSync(join(dir, 'd'));
  write('d/a.conf', 'Host a\n Port 5001\n');
  write('d/b.conf', 'Port 5002\nHost b\n User from-b\n');
  write('d/.hidden.conf', 'Port 5999\n');
  write('nested', 'Port 4\nHost other\n User other\nHost h\n ConnectTimeout 4\n');
  write('final', 'Match final host fin.example\n Port 31\n');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const settingsOf = (text: string, more: { user?: string; warn?: (message: string) => void } = {}) =>
  sshSettings(
    { name: 'h', connection: 'ssh', host: 'h', groups: [], vars: {}, ...(more.user && { user: more.user }) },
    {
      env: {},
      home: dir,
      localUser: 'root',
      configFiles: [write('config', text)],
      knownHostsFiles: [],
      warn: more.warn ?? (() => {}),
    },
  );

const late = 'Host h\n HostName late.example\n';

/** One line each, `;` between lines: about the host "h", logged in by root or as the user after `as`. */
const configs = [
  `${late}Host late.example\n Port 5\n User five\nMatch final all\n ConnectTimeout 9`,
  `${late}Host late.example\n Port 5\n User five`,
  `${late}Match final host late.example\n Port 5`,
  `${late}Match host late.example final\n Port 5`,
  `${late}Match final originalhost h\n Port 5`,
  `${late}Match final originalhost late.example\n Port 5`,
  `${late}Match host h\n User no\nMatch host late.example\n User yes`,
  'Match final all\n HostName z.example\n Port 5',
  'Host h\n HostName %h.x\nHost h.x\n Port 5\nMatch final all\n User u',
  'Match !final all\n Port 5\nMatch final all\n Port 6',
  'User a\nMatch final user a\n Port 5',
  'Host no\n Include final\nMatch canonical all\n Port 5',
  'Include final\nHost h\n HostName fin.example',
  'IdentityFile /k1\nMatch final all\n IdentityFile /k2',
  'Match canonical all\n Port 6\nMatch all\n User u',
  'CanonicalizeHostname no\nMatch !canonical all\n Port 6',
  'CanonicalizeHostname yes\nMatch canonical all\n Port 6',
  'CanonicalizeHostname TRUE\nMatch canonical all\n Port 6',
  `CanonicalizeHostname always\n${late}Host late.example\n Port 5`,
  'Match final all\n User x\nMatch canonical all\n Port 5',
  'Match host = h\n Port 3',
  'Match host= h\n Port 3',
  'Match host =h\n Port 3',
  'Match host=h user=root\n Port 3',
  'MATCH HOST H\n Port 3',
  'Match originalhost H\n Port 3',
  'Host H\n Port 3',
  'Match host !h,*\n Port 3',
  'Match !host x\n Port 3',
  'Match user !bob,*\n Port 3',
  'Match localuser root user root\n Port 3',
  'Host *\n User u\nMatch user u\n Port 3',
  'HostName FOO.Example\nIdentityFile /keys/%h',
  'Include d/*.conf\nHost h\n User z',
  'Host no\n Include d/*.conf\nHost h\n User z',
  'Host h\n Include nested\n User after',
  'Host no\n Include nested\n User after\nHost h\n User hh',
  'Include d/[ab].conf\nPort 12',
  'Include d/?.conf\nPort 12',
  'Include d/{a,b}.conf\nPort 12',
  'Include d/a.conf # comment\nPort 9',
  'Include d nothing*\nPort 9',
  'IdentitiesOnly no\nIdentitiesOnly yes',
  'IdentitiesOnly true\nCertificateFile /c\nIdentityFile /k',
  'Port 3\r\nUser bob\r',
  'Port 3\f\nUser bob\f',
  'ProxyJump a,b:22,c@d',
  'ProxyJump none\nProxyJump x',
  'ProxyJump [::1]:22,u@[fe80::1]',
  'ConnectTimeout 1m30s\nServerAliveInterval 1d',
];

describe.skipIf(!available)('one configuration is understood as ssh -G prints it', () => {
  it.each(configs)('%j', async (text) => {
    const local = text.replace(/Include (.*)/g, (_, names: string) =>
      `Include ${names.replace(/(^| )(?=[dfn])/g, `$1${dir}/`)}`.trim(),
    );
    const settings = await settingsOf(`${local}\n`);
    const printed = execFileSync('ssh', ['-G', '-F', join(dir, 'config'), 'h'], { encoding: 'utf8' }).split('\n');
    const all = (name: string) =>
      printed.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
    expect({
      host: settings.host,
      port: String(settings.port),
      user: settings.user,
      jumps: settings.jumps.join(','),
      only: settings.identitiesOnly ? 'yes' : 'no',
    }).toEqual({
      host: all('hostname')[0],
      port: all('port')[0],
      user: all('user')[0],
      jumps: (all('proxyjump')[0] ?? '').replace('none', ''),
      only: all('identitiesonly')[0],
    });
    if (text.includes('IdentityFile'))
      expect(settings.identities.map(({ path }) => path)).toEqual(
        all('identityfile').map((path) => path.replace('%h', settings.host)),
      );
  });
});

describe('what stands in ssh_config and cannot be followed', () => {
  it.each(['exec', '!exec', 'host h exec', 'user root !exec'])('"Match %s" runs nothing', async (criteria) => {
    const warnings: string[] = [];
    const equals = criteria === 'exec' ? '=' : ' ';
    const settings = await settingsOf(`Match ${criteria}${equals}"touch ${executed}"\n Port 9\nHost h\n User x\n`, {
      warn: (message) => void warnings.push(message),
    });
    expect(settings).toMatchObject({ port: 22, user: 'x' });
    expect(warnings).toEqual([expect.stringContaining('is not evaluated')]);
    expect(existsSync(executed)).toBe(false);
  });

  it.each(['abc', '70000', '0', '22x', '0x16'])('the port "%s" is an error, not 22', async (port) => {
    await expect(settingsOf(`Port ${port}\n`)).rejects.toMatchObject({ code: 'ssh-config-invalid' });
  });

  it('domains that would be looked up are told about', async () => {
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    await settingsOf('CanonicalizeHostname yes\nCanonicalDomains example.invalid\n', { warn });
    expect(warnings).toEqual([expect.stringContaining('CanonicalDomains')]);
  });
});

describe.skipIf(!available)('RevokedHostKeys', () => {
  const key = () => {
    const file = join(dir, `key-${Math.random().toString(36).slice(2)}`);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    const line = execFileSync('cat', [`${file}.pub`], { encoding: 'utf8' });
    return { file, line, blob: Buffer.from(line.split(' ')[1]!, 'base64') };
  };

  it('revoke a key that known_hosts knows, on every host and port', async () => {
    const [bad, good] = [key(), key()];
    const list = write('revoked', `# stolen\n\n${bad.line}`);
    const { knownHosts } = await settingsOf(`RevokedHostKeys ${list}\n`);
    const known = ['h', '[h]:2222'].flatMap((hosts) =>
      [bad, good].map(({ blob }) => ({
        file: 'f',
        line: 1,
        marker: undefined,
        hosts,
        keyType: 'ssh-ed25519',
        key: blob,
      })),
    );
    for (const port of [22, 2222]) {
      expect(checkHostKey([...knownHosts, ...known], 'h', port, bad.blob)).toMatchObject({
        state: 'revoked',
        by: { file: list, line: 3 },
      });
      expect(checkHostKey([...knownHosts, ...known], 'h', port, good.blob).state).toBe('known');
    }
  });

  it('trust nobody when the list is missing, binary or broken', async () => {
    const { file } = key();
    execFileSync('ssh-keygen', ['-q', '-k', '-f', join(dir, 'krl'), `${file}.pub`]);
    for (const list of [join(dir, 'missing'), join(dir, 'krl'), write('broken', 'ssh-ed25519 AAAA\n'), dir])
      await expect(settingsOf(`RevokedHostKeys ${list}\n`), list).rejects.toMatchObject({ code: 'ssh-revoked-keys' });
    expect((await settingsOf('RevokedHostKeys none\n')).knownHosts).toEqual([]);
  });
});
