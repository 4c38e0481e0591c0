import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { needs } from '../helpers/needs.ts';
import { type PostgresServer, startPostgres } from '../helpers/postgres.ts';
import { startSshd } from '../helpers/sshd.ts';

const bin = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));
const password = 'Very-Secret-Pa55word';

let dir: string;
const env = () => ({
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: dir,
  OAOPS_STATE_DIR: join(dir, 'state'),
  OAOPS_LANG: 'en',
  OA_DB_PASSWORD: password,
});
const oaops = (...argv: string[]) =>
  spawnSync(process.execPath, [bin, ...argv], { cwd: dir, env: env(), encoding: 'utf8', timeout: 60_000 });
const start = (...argv: string[]) => {
  const child = spawn(process.execPath, [bin, ...argv], { cwd: dir, env: env(), stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (text += part));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, text: () => text };
};
const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
const lines = (name: string) =>
  existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8').trim().split('\n') : [];

beforeEach(needs('sshd', 'psql', 'postgres', 'sqlite3'));
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-e2e-sources-'));
  expect(oaops('backup', 'init', '--repo', join(dir, 'repo'), '--no-encryption').status).toBe(0);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const header = `apiVersion: oaops/v1
kind: Backup
metadata:
  name: finance
  version: 1.0.0
  title: {en: Finance, zh-CN: 财务}
  owner: ops
`;

describe('a runbook with databases', () => {
  let server: PostgresServer;
  beforeEach(async () => {
    server = await startPostgres({ withPassword: ['dumper'] });
    server.sql(
      'postgres://x/postgres',
      `create role dumper login superuser password '${password}'; create database oa`,
    );
    server.sql(
      'postgres://x/oa',
      'create table bills as select i, repeat(md5(i::text), 10) from generate_series(1, 40000) i',
    );
  }, 60_000);
  afterEach(() => server?.stop());

  it('is planned without secrets, dumps here and over ssh, and loads into a scratch database; the password is nowhere', async () => {
    const sshd = await startSshd();
    try {
      write('known_hosts', sshd.knownHosts());
      write(
        'config.yaml',
        `ssh:\n  knownHosts: [${join(dir, 'known_hosts')}]\ninventory: ${join(dir, 'hosts.yaml')}\n`,
      );
      write(
        'hosts.yaml',
        `all:\n  hosts:\n    far:\n      ansible_host: 127.0.0.1\n      ansible_port: ${sshd.port}\n      ansible_user: root\n      ansible_ssh_private_key_file: ${sshd.keyFile}\n`,
      );
      const source = (id: string, more: string) =>
        `    - {type: postgres, id: ${id}, address: 127.0.0.1, port: ${server.port}, user: dumper, password: "env:OA_DB_PASSWORD", databases: [oa]${more}}\n`;
      write(
        'finance.yaml',
        `${header}spec:\n  inventory: hosts.yaml\n  sources:\n${source('here', '')}${source('far', ', host: far')}  repositories: [${join(dir, 'repo')}]\n`,
      );
      expect(oaops('runbook', 'validate', 'finance.yaml')).toMatchObject({ status: 0 });

      const plan = oaops('run', 'finance.yaml', '--dry-run');
      expect(plan.stdout).toContain('here (pg_dump --format=custom of oa, pg_dumpall --globals-only)');
      expect(plan.stdout).toContain('far (pg_dump --format=custom of oa, pg_dumpall --globals-only on far)');
      expect(existsSync(join(dir, 'repo', 'snapshots'))).toBe(false);

      const run = start(
        '--config',
        'config.yaml',
        'run',
        'finance.yaml',
        '--yes',
        '-v',
        '--log-file',
        join(dir, 'run.log'),
      );
      const seen = new Set<string>();
      let over = false;
      void run.ended.then(() => (over = true));
      // Arguments of every process, looked at as long as it goes on.
      while (!over) {
        for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) seen.add(argumentsOf(pid));
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      expect(await run.ended, run.text()).toBe(0);
      expect([...seen].some((argv) => argv.includes('pg_dump'))).toBe(true);
      expect([...seen].filter((argv) => argv.includes(password))).toEqual([]);

      const loaded = oaops(
        '--config',
        'config.yaml',
        'backup',
        'restore',
        'latest',
        '--repo',
        'repo',
        '--as',
        'postgres',
        '--source',
        'far',
        '--from',
        'oa',
        '--database',
        'oa_scratch',
        '--on',
        'far',
        '--address',
        '127.0.0.1',
        '--port',
        String(server.port),
        '--user',
        'dumper',
        '--password',
        'env:OA_DB_PASSWORD',
      );
      expect(loaded.status, `${loaded.stderr}${loaded.stdout}${loaded.signal}`).toBe(0);
      expect(loaded.stdout).toContain('tables: 1, rows: 40000');
      expect(server.sql('postgres://x/oa_scratch', 'select count(*) from bills')).toBe('40000\n');
      const again = oaops(
        'backup',
        'restore',
        'latest',
        '--repo',
        'repo',
        '--as',
        'postgres',
        '--source',
        'here',
        '--database',
        'oa_scratch',
        '--address',
        '127.0.0.1',
        '--port',
        String(server.port),
        '--user',
        'dumper',
        '--password',
        'env:OA_DB_PASSWORD',
      );
      expect(again.status).toBe(4);
      expect(again.stderr).toContain('the database oa_scratch exists');

      const found = spawnSync('grep', ['-rlF', password, dir, '--exclude-dir=packs'], { encoding: 'utf8' });
      expect(found.stdout).toBe('');
      expect(run.text()).not.toContain(password);
    } finally {
      await sshd.stop();
    }
  }, 120_000);

  it('is incomplete when one database fails, and says which', () => {
    write(
      'finance.yaml',
      `${header}spec:\n  sources:\n    - ${dir}/finance.yaml\n    - {type: postgres, id: oa, address: 127.0.0.1, port: ${server.port}, user: dumper, password: "env:OA_DB_PASSWORD", databases: [oa, gone]}\n  repositories: [${join(dir, 'repo')}]\n`,
    );
    const run = oaops('run', 'finance.yaml', '--yes');
    expect(run.status).toBe(3);
    expect(run.stdout + run.stderr).toContain('1 dump failed; dump-failed: /.oaops-dumps/oa/gone.dump');
    expect(run.stdout + run.stderr).toContain('database "gone" does not exist');
    const list = oaops('backup', 'ls', 'latest', '--repo', 'repo').stdout;
    expect(list).toContain('/.oaops-dumps/oa/oa.dump\n');
    expect(list).not.toContain('gone.dump');
  }, 60_000);
});

describe('mistakes in sources', () => {
  it('are told where they stand', () => {
    write(
      'wrong.yaml',
      `${header}spec:
  sources:
    - /etc/hosts
    - {type: postgres, id: oa, databases: []}
    - type: oracle
      id: x
    - {type: sqlite, id: oa, file: /x}
    - {type: sqlite, id: lite, fiel: /x}
  repositories: [/srv/backup]
`,
    );
    const { status, stdout } = oaops('runbook', 'validate', 'wrong.yaml');
    expect(status).toBe(1);
    const places = [...stdout.matchAll(/wrong\.yaml:(\d+):\d+ error/g)].map(([, line]) => Number(line));
    expect(places).toEqual(expect.arrayContaining([11, 12, 15]));
    expect(stdout).toContain('fiel');
  });

  it('a host that the inventory does not have ends the run before anything is done', () => {
    write(
      'far.yaml',
      `${header}spec:\n  sources:\n    - {type: command, id: a, host: nowhere, argv: ["true"]}\n  repositories: [${join(dir, 'repo')}]\n`,
    );
    const run = oaops('run', 'far.yaml', '--yes');
    expect(run.status).not.toBe(0);
    expect(run.stdout + run.stderr).toContain('target "nowhere" is not in the inventory');
  });
});

describe('steps under finally', () => {
  const hooks = (argv: string) => `${header}spec:
  before:
    - {id: freeze, uses: exec, with: {argv: [/bin/sh, -c, "echo freeze >> ${dir}/order"]}}
  sources:
    - {type: command, id: slow, argv: ${argv}}
  repositories: [${join(dir, 'repo')}]
  after:
    - {id: tell, uses: exec, with: {argv: [/bin/sh, -c, "echo tell >> ${dir}/order"]}}
  finally:
    - {id: thaw, uses: exec, with: {argv: [/bin/sh, -c, "echo thaw >> ${dir}/order"]}}
`;
  const waits = () =>
    `[/bin/sh, -c, "echo begun; echo dump >> ${dir}/order; while [ ! -e ${dir}/go ]; do sleep 0.05; done; echo end"]`;

  it('run after a backup that went well, and after one that failed', () => {
    write('hooks.yaml', hooks('[echo, data]'));
    const good = oaops('run', 'hooks.yaml', '--yes');
    expect(good.status, good.stdout + good.stderr).toBe(0);
    expect(lines('order')).toEqual(['freeze', 'tell', 'thaw']);
    rmSync(join(dir, 'order'));
    write('hooks.yaml', hooks('["false"]'));
    expect(oaops('run', 'hooks.yaml', '--yes').status).toBe(1);
    expect(lines('order')).toEqual(['freeze', 'thaw']);
  });

  it('run when the backup is stopped by SIGTERM', async () => {
    write('hooks.yaml', hooks(waits()));
    const run = start('run', 'hooks.yaml', '--yes');
    await eventually(() => lines('order').includes('dump'), 30_000);
    run.child.kill('SIGTERM');
    expect(await run.ended, run.text()).toBe(143);
    expect(lines('order')).toEqual(['freeze', 'dump', 'thaw']);
    expect(existsSync(join(dir, 'repo', 'snapshots'))).toBe(false);
  }, 60_000);

  it('run by the resume after kill -9', async () => {
    write('hooks.yaml', hooks(waits()));
    const run = start('run', 'hooks.yaml', '--yes');
    await eventually(() => lines('order').includes('dump'), 30_000);
    run.child.kill('SIGKILL');
    await run.ended;
    expect(lines('order')).toEqual(['freeze', 'dump']);
    write('go', '');
    const resumed = oaops('runs', 'resume', 'latest');
    expect(resumed.status, resumed.stdout + resumed.stderr).toBe(0);
    expect(lines('order')).toEqual(['freeze', 'dump', 'dump', 'tell', 'thaw']);
    expect(readdirSync(join(dir, 'repo', 'snapshots')).filter((name) => name.endsWith('.manifest'))).toHaveLength(1);
  }, 60_000);
});

function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
