import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresBin } from './postgres.ts';

export interface PairedServer {
  data: string;
  port: number;
  /** Shell commands, as a runbook is given them. */
  start: string;
  stop: string;
}

/** A primary and a standby that follows it by streaming, both on loopback; gone after `stop`. */
export interface PostgresPair {
  bin: string;
  systemUser: string;
  primary: PairedServer;
  standby: PairedServer;
  sql(server: PairedServer, query: string): string;
  answers(server: PairedServer): boolean;
  run(command: string): void;
  stop(): void;
}

export async function startPostgresPair(): Promise<PostgresPair> {
  const bin = postgresBin();
  if (!bin) throw new Error('PostgreSQL is not installed (Debian package: postgresql)');
  const isRoot = process.getuid?.() === 0;
  const systemUser = isRoot ? 'postgres' : execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
  const root = mkdtempSync(join(tmpdir(), 'oaops-pair-'));
  chmodSync(root, 0o755);
  if (isRoot) {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    chownSync(root, id('-u'), id('-g'));
  }
  const env = { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  const as = isRoot ? `runuser -u ${systemUser} -- ` : '';
  const run = (command: string) => void execFileSync('/bin/sh', ['-c', command], { env, cwd: root, stdio: 'pipe' });
  const server = async (name: string): Promise<PairedServer> => {
    const [data, port] = [join(root, name), await freePort()];
    const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${root} -c fsync=off`;
    return {
      data,
      port,
      start: `${as}${bin}/pg_ctl -D ${data} -w -l ${join(root, name)}.log -o '${options}' start >/dev/null`,
      stop: `${as}${bin}/pg_ctl -D ${data} -w -m fast stop`,
    };
  };
  const primary = await server('primary');
  const standby = await server('standby');
  run(`${as}${bin}/initdb -D ${primary.data} -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync`);
  appendFileSync(join(primary.data, 'postgresql.conf'), 'wal_log_hints = on\nwal_keep_size = 64MB\n');
  run(primary.start);
  const psql = [join(bin, 'psql'), '-X', '-q', '-A', '-t', '-h', '127.0.0.1', '-U', 'postgres', '-d', 'postgres'];
  const sql = ({ port }: PairedServer, query: string) =>
    execFileSync(psql[0]!, [...psql.slice(1), '-p', String(port), '-c', query], { env, encoding: 'utf8' }).trim();
  sql(primary, 'create role replicator login replication');
  const from = `host=127.0.0.1 port=${primary.port} user=replicator`;
  run(`${as}${bin}/pg_basebackup -w -R -X stream -c fast -D ${standby.data} -d '${from}'`);
  run(standby.start);
  const answers = ({ port }: PairedServer) =>
    spawnSync(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)], { env }).status === 0;
  return {
    bin,
    systemUser,
    primary,
    standby,
    sql,
    answers,
    run,
    stop() {
      for (const one of [standby, primary])
        spawnSync('/bin/sh', ['-c', one.stop.replace('fast', 'immediate')], { env });
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
