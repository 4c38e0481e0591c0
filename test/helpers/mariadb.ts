import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownedBy } from './certificate.ts';
import { eventually } from './eventually.ts';
import { freePort } from './sshd.ts';

/** A MariaDB server of its own on loopback; its administrator `root` comes in by the socket without a password. */
export interface MariadbServer {
  port: number;
  socket: string;
  /** Runs SQL as the administrator; gives the rows, columns parted by tabs. */
  sql(script: string, database?: string): string;
  /** Ends the server as `kill -9` would. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** `certificate`: PEM files, for connections by TLS. `log`: it writes a binary log under this number, for replicas. */
export async function startMariadb(
  options: { certificate?: { certificate: string; key: string }; log?: number } = {},
): Promise<MariadbServer> {
  const root = mkdtempSync(join(tmpdir(), 'oaops-my-'));
  const as = userOf('mysql');
  const data = join(root, 'data');
  mkdirSync(data);
  chmodSync(root, 0o755);
  for (const dir of [root, data]) if (as) chownSync(dir, as.uid, as.gid);
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: root, LC_ALL: 'C.UTF-8' };
  const user = as ? ['--user=mysql'] : [];
  execFileSync(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db', ...user],
    { env, stdio: 'pipe' },
  );
  const tls = options.certificate && ownedBy(as, root, options.certificate);
  const port = await freePort();
  const socket = join(root, 'server.sock');
  const server = spawn(
    'mariadbd',
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${socket}`,
      `--pid-file=${join(root, 'pid')}`,
      ...(options.log === undefined ? ['--skip-log-bin'] : ['--log-bin=log', `--server-id=${options.log}`]),
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=32M',
      ...(tls ? [`--ssl-cert=${tls.certificate}`, `--ssl-key=${tls.key}`] : []),
      ...user,
    ],
    { env, cwd: root, stdio: 'ignore' },
  );
  const client = [
    '--no-defaults',
    `--socket=${socket}`,
    '--user=root',
    '--batch',
    '--skip-column-names',
    '--default-character-set=utf8mb4',
  ];
  await eventually(() => {
    if (server.exitCode !== null) throw new Error(`mariadbd ended with ${server.exitCode}`);
    return spawnSync('mariadb', [...client, '--execute=select 1'], { env }).status === 0;
  }, 60_000);
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await ended;
  };
  return {
    port,
    socket,
    sql: (script, database) =>
      execFileSync('mariadb', [...client, ...(database ? [database] : [])], { env, input: script, encoding: 'utf8' }),
    crash: () => end('SIGKILL'),
    stop: async () => {
      await end('SIGTERM');
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A server that is started by root runs as a user of its own. */
function userOf(name: string): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
