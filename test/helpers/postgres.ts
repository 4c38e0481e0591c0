import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownedBy } from './certificate.ts';

/** A PostgreSQL server of its own: loopback and a socket in its folder, no password, gone after `stop`. */
export interface PostgresServer {
  host: string;
  port: number;
  user: string;
  /** Makes a new empty database and gives its URL. */
  createDatabase(): Promise<string>;
  /** Runs one SQL script in the database of `url` as the superuser; gives psql's unaligned output. */
  sql(url: string, script: string): string;
  /** Ends the server as `kill -9` would. */
  crash(): Promise<void>;
  /** Starts it again after a crash, on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Folder of the server's programs, or undefined when PostgreSQL is not installed. */
export function postgresBin(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return [...versions.map((version) => join(debian, version, 'bin')), '/usr/local/bin', '/usr/bin'].find((dir) =>
    existsSync(join(dir, 'initdb')),
  );
}

/** Numeric ids of the user that the server runs as: it refuses to run as root. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
    const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' });
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('there is no user to run PostgreSQL as');
}

/** `withPassword` names roles that must show a password when they come over TCP; the test makes them. `certificate`: PEM files, for TLS. */
export async function startPostgres(
  options: { withPassword?: string[]; certificate?: { certificate: string; key: string } } = {},
): Promise<PostgresServer> {
  const bin = postgresBin();
  if (!bin) throw new Error('PostgreSQL is not installed (Debian package: postgresql)');
  const root = mkdtempSync(join(tmpdir(), 'oaops-pg-'));
  const as = serverUser();
  if (as) chownSync(root, as.uid, as.gid);
  chmodSync(root, 0o700);
  const data = join(root, 'data');
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  // A locale whose order is not that of bytes would be the harder test; C.UTF-8 is the one every machine has.
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'oaops', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    { ...as, env, cwd: root, stdio: 'pipe' },
  );
  for (const role of options.withPassword ?? []) {
    const file = join(data, 'pg_hba.conf');
    writeFileSync(file, `host all ${role} 127.0.0.1/32 scram-sha-256\n${readFileSync(file, 'utf8')}`);
  }
  const tls = options.certificate && ownedBy(as, root, options.certificate);
  const port = await freePort();
  let child: ReturnType<typeof spawn> | undefined;
  let count = 0;

  const psql = (database: string, script: string): string =>
    execFileSync(
      join(bin, 'psql'),
      [
        '-X',
        '-q',
        '-A',
        '-t',
        '-v',
        'ON_ERROR_STOP=1',
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
        '-U',
        'oaops',
        '-d',
        database,
        '-f',
        '-',
      ],
      {
        env,
        input: script,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );

  const start = async (): Promise<void> => {
    const settings = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: root,
      fsync: 'off',
      max_connections: 60,
      logging_collector: 'off',
      ...(tls && { ssl: 'on', ssl_cert_file: tls.certificate, ssl_key_file: tls.key }),
    };
    const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const server = spawn(join(bin, 'postgres'), ['-D', data, ...args], { ...as, env, cwd: root, stdio: 'ignore' });
    child = server;
    const deadline = Date.now() + 30_000;
    for (;;) {
      if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}`);
      const ready = spawnSync(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)], { env });
      if (ready.status === 0) return;
      if (Date.now() > deadline) throw new Error('postgres did not start within 30 s');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const server = child;
    child = undefined;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await ended;
  };

  await start();
  return {
    host: '127.0.0.1',
    port,
    user: 'oaops',
    createDatabase: async () => {
      const name = `test_${process.pid}_${++count}`;
      psql('postgres', `create database ${name}`);
      return `postgres://oaops@127.0.0.1:${port}/${name}`;
    },
    sql: (url, script) => psql(new URL(url).pathname.slice(1), script),
    // SIGQUIT is the immediate shutdown: no checkpoint, recovery at the next start (postgres(1)).
    crash: () => end('SIGQUIT'),
    start,
    stop: async () => {
      // Its files go anyway: on a slow disk the checkpoint of an orderly end takes a minute.
      await end('SIGQUIT');
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
