import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { withoutLoops } from './mount-namespace.ts';

/** sshd and the right to start it as root: what the tests over ssh need. */
export const sshdAvailable = existsSync('/usr/sbin/sshd') && process.getuid?.() === 0;

/** Whether hosts can be given mounts of their own: as root, and not in a container that keeps them from it. */
export const worldsAvailable =
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', '--uts', 'true']).status === 0;

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

/** A real sshd on loopback with host keys, a port and a login key of its own. */
export interface TestSshd {
  port: number;
  dir: string;
  /** Private key that every account may log in with. */
  keyFile: string;
  /** Public parts of the host keys, by type: `ssh-ed25519 AAAA...`. */
  hostKeys: Record<string, string>;
  /** Lines for known_hosts with the name `[127.0.0.1]:port`. */
  knownHosts(type?: KeyType): string;
  /** Ends sshd and every connection, as a power cut of the service would. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same keys. */
  start(): Promise<void>;
  /** A file as sessions see it. */
  file(path: string): string;
  /** From now on it takes connections and says nothing; `stop` ends it all the same. */
  freeze(): void;
  /** Ends only the open connections. */
  dropConnections(): void;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts sshd; `config` are further lines of sshd_config(5). `world`: shell commands before it, such as mounts; they hold for what it starts, and for
 * nothing else of this machine.
 */
export async function startSshd(
  options: { keyTypes?: KeyType[]; config?: string[]; world?: string } = {},
): Promise<TestSshd> {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-sshd-'));
  // Other accounts read authorized_keys through StrictModes no; the folder must be open for them.
  chmodSync(dir, 0o755);
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const keyTypes = options.keyTypes ?? ['ed25519'];
  const hostKeys: Record<string, string> = {};
  for (const type of keyTypes) {
    const file = join(dir, `host_${type}`);
    execFileSync('ssh-keygen', ['-q', '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), '-N', '', '-f', file]);
    hostKeys[type] = readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ').trim();
  }
  const keyFile = join(dir, 'login_key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile]);
  writeFileSync(join(dir, 'authorized_keys'), readFileSync(`${keyFile}.pub`), { mode: 0o644 });
  const port = await freePort();
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...keyTypes.map((type) => `HostKey ${join(dir, `host_${type}`)}`),
    `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
    `PidFile ${join(dir, 'pid')}`,
    'StrictModes no',
    'PermitRootLogin yes',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'Subsystem sftp internal-sftp',
    'MaxStartups 200:30:400',
    'LogLevel ERROR',
    ...(options.config ?? []),
  ];
  // The first value counts in sshd_config: what the test asks for comes first.
  writeFileSync(join(dir, 'sshd_config'), `${[...(options.config ?? []), ...config].join('\n')}\n`);
  let child: ChildProcess | undefined;
  const start = async () => {
    const argv = ['/usr/sbin/sshd', '-D', '-e', '-f', join(dir, 'sshd_config')];
    if (options.world !== undefined)
      argv.unshift(
        'unshare',
        '--mount',
        '--uts',
        'sh',
        '-e',
        '-c',
        `${withoutLoops}\n${options.world}\nexec "$@"`,
        'sh',
      );
    const started = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    let errors = '';
    started.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    await eventually(() => {
      if (started.exitCode !== null) throw new Error(`sshd ended: ${errors}`);
      return isListening(port);
    });
  };
  const dropConnections = () => {
    for (const pid of childrenOf(child?.pid ?? -1)) {
      for (const inner of childrenOf(pid)) if (isSshd(inner)) killQuietly(inner);
      killQuietly(pid);
    }
  };
  const kill = async () => {
    const running = child;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    // The listener first: sessions it could still start would be missed.
    running.kill('SIGSTOP');
    dropConnections();
    running.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    port,
    dir,
    keyFile,
    hostKeys,
    knownHosts: (type) => (type ? [type] : keyTypes).map((name) => `[127.0.0.1]:${port} ${hostKeys[name]}\n`).join(''),
    start,
    kill,
    dropConnections,
    file: (path) => (options.world === undefined ? path : `/proc/${child?.pid}/root${path}`),
    freeze: () => void child?.kill('SIGSTOP'),
    stop: async () => {
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function isSshd(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sshd');
  } catch {
    return false;
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function isListening(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/tcp', 'utf8').includes(`0100007F:${hex} 00000000:0000 0A`);
}

const created = new Set<string>();

/** A throw-away account with a login shell; `removeTestUsers` takes it away again. */
export function addTestUser(
  name: string,
  shell: string,
  options: { password?: string } = {},
): { name: string; home: string } {
  removeUser(name);
  execFileSync('useradd', ['--create-home', '--shell', shell, name]);
  created.add(name);
  // A locked password (!) also locks key logins without PAM; `*` has no password and does not.
  if (options.password !== undefined) execFileSync('chpasswd', { input: `${name}:${options.password}\n` });
  else execFileSync('usermod', ['-p', '*', name]);
  return { name, home: `/home/${name}` };
}

export function removeTestUsers(): void {
  for (const name of created) removeUser(name);
  created.clear();
}

function removeUser(name: string): void {
  try {
    execFileSync('userdel', ['--remove', '--force', name], { stdio: 'ignore' });
  } catch {
    // There was none.
  }
}
