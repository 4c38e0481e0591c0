import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import { eventually } from './eventually.ts';

export const domainDn = 'DC=example,DC=test';
export const administrator = 'Administrator@example.test';
export const administratorPassword = 'Passw0rd!234';

/** A domain controller of Active Directory (Samba) on loopback. */
export interface DomainController {
  url: string;
  secureUrl: string;
  /** Of its certificate. */
  caFile: string;
  stop(): Promise<void>;
}

/**
 * Provisions a domain in a folder of its own and starts its LDAP service. Its ports are fixed, so it has an address of loopback to itself; needs
 * root.
 */
export async function startDomainController(): Promise<DomainController> {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-samba-'));
  const address = `127.77.${Math.floor(process.pid / 250) % 250}.${(process.pid % 250) + 1}`;
  const domain = join(folder, 'dc');
  const start = join(folder, 'smb.conf');
  writeFileSync(start, '[global]\n');
  const options = [`interfaces=${address}/8`, 'bind interfaces only=yes', 'server services=ldap'];
  execFileSync(
    'samba-tool',
    [
      ...[
        'domain',
        'provision',
        `--configfile=${start}`,
        '--realm=EXAMPLE.TEST',
        '--domain=EXAMPLE',
        '--server-role=dc',
      ],
      ...['--dns-backend=NONE', `--adminpass=${administratorPassword}`, `--targetdir=${domain}`, '--host-name=dc1'],
      ...[`--host-ip=${address}`, ...options.map((option) => `--option=${option}`)],
    ],
    { stdio: 'pipe' },
  );
  const { certificate, key } = makeCertificate(folder, 'dc1', `IP:${address}`);
  chmodSync(key, 0o600);
  const run = (name: string) => {
    mkdirSync(join(folder, name), { recursive: true });
    return join(folder, name);
  };
  const more = [
    'ldap server require strong auth = no',
    `pid directory = ${run('run')}`,
    `log file = ${join(folder, 'log')}`,
    `ncalrpc dir = ${join(folder, 'ncalrpc')}`,
    `tls keyfile = ${key}`,
    `tls certfile = ${certificate}`,
    `tls cafile = ${certificate}`,
  ];
  const config = join(domain, 'etc', 'smb.conf');
  writeFileSync(config, readFileSync(config, 'utf8').replace('[global]\n', `[global]\n\t${more.join('\n\t')}\n`));
  const server = spawn('samba', ['-i', '-s', config, '--model=single'], { stdio: 'ignore' });
  const url = `ldap://${address}`;
  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await eventually(() => {
      if (server.exitCode !== null) throw new Error(`samba ended with ${server.exitCode}`);
      return spawnSync('ldapsearch', ['-x', '-H', url, '-s', 'base', '-b', '']).status === 0;
    }, 60_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, secureUrl: `ldaps://${address}`, caFile: certificate, stop };
}
