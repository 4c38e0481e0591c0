import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Hosts that are sshd processes of their own on 127.0.1.1, 127.0.1.2 ..., with one login key and one host key. Logins go to an
 * account of their own with the shell /bin/sh: start files of the one who measures would be measured too.
 */
export interface LoopbackHosts {
  /** `127.0.1.1`, ... */
  addresses: string[];
  port: number;
  user: string;
  keyFile: string;
  knownHosts: string;
  /** Ansible's INI, which oaops reads too. */
  inventory: string;
  stop(): Promise<void>;
}

const account = 'oaops-bench';

/** @throws Error when a server does not start; sshd needs root */
export async function startLoopbackHosts(dir: string, count: number): Promise<LoopbackHosts> {
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  // The account reads its authorized_keys here.
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, '.ssh'), { recursive: true, mode: 0o700 });
  const file = (name: string) => join(dir, name);
  for (const key of ['host_key', 'login_key'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
  writeFileSync(file('authorized_keys'), readFileSync(file('login_key.pub')));
  const port = await freePort();
  const user = account;
  execFileSync('useradd', ['--create-home', '--shell', '/bin/sh', user]);
  // A locked password (!) also locks key logins without PAM; `*` has no password and does not.
  execFileSync('usermod', ['-p', '*', user]);
  const addresses = Array.from({ length: count }, (_, index) => `127.0.1.${index + 1}`);
  const hostKey = readFileSync(file('host_key.pub'), 'utf8').split(' ').slice(0, 2).join(' ').trim();
  const knownHosts = join(dir, '.ssh/known_hosts');
  writeFileSync(knownHosts, addresses.map((address) => `[${address}]:${port} ${hostKey}\n`).join(''));
  const login = `ansible_port=${port} ansible_user=${user} ansible_ssh_private_key_file=${file('login_key')}`;
  const lines = addresses.map((address, index) => `web${index + 1} ansible_host=${address} ${login}\n`);
  writeFileSync(file('hosts.ini'), `[web]\n${lines.join('')}`);
  const servers: ChildProcess[] = [];
  const stop = async () => {
    const ended = servers
      .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
      .map((server) => new Promise((resolve) => server.once('exit', resolve)));
    for (const server of servers) server.kill();
    await Promise.all(ended);
    spawnSync('userdel', ['--remove', '--force', user], { stdio: 'ignore' });
  };
  try {
    for (const address of addresses) {
      const config = file(`sshd-${address}`);
      writeFileSync(
        config,
        [
          `ListenAddress ${address}:${port}`,
          `HostKey ${file('host_key')}`,
          `AuthorizedKeysFile ${file('authorized_keys')}`,
          'PidFile none',
          'StrictModes no',
          'PermitRootLogin yes',
          'UsePAM no',
          'PasswordAuthentication no',
          'MaxStartups 200:30:400',
          'Subsystem sftp internal-sftp',
          'LogLevel ERROR',
          '',
        ].join('\n'),
      );
      servers.push(spawn('/usr/sbin/sshd', ['-D', '-f', config], { stdio: 'ignore' }));
    }
    for (const [index, address] of addresses.entries()) await answers(address, port, servers[index]!);
  } catch (error) {
    await stop();
    throw error;
  }
  return { addresses, port, user, keyFile: file('login_key'), knownHosts, inventory: file('hosts.ini'), stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(host: string, port: number, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`sshd on ${host} ended with ${server.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port }, () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('data', () => socket.destroy());
    });
    if (open) return;
    await delay(50);
  }
}
