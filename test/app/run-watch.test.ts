import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runOaops } from '../helpers/oaops.ts';
import { pingServer } from '../helpers/pinged.ts';

let root: string;
let server: Awaited<ReturnType<typeof pingServer>>;
let env: Record<string, string>;
const run = (...args: string[]) => runOaops(['run', join(root, 'nightly.yaml'), ...args], { env });
const metrics = () => readFileSync(join(root, 'metrics', 'oaops-nightly.prom'), 'utf8');
const metric = (name: string, label = '') =>
  metrics()
    .split('\n')
    .find((line) => line.startsWith(`${name}{`) && line.includes(label))
    ?.split(' ')
    .at(-1);

function configure(more = '') {
  const text = `
metrics: {textfileDir: metrics}
repositories:
  main:
    legs:
      - {name: local, location: ${root}/local, ping: ${server.url}/local}
      - {name: off-site, location: ${root}/off-site}
${more}`;
  writeFileSync(join(root, 'config.yaml'), text, { mode: 0o600 });
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'oaops-watch-'));
  server = await pingServer();
  env = {
    OAOPS_STATE_DIR: join(root, 'state'),
    OAOPS_CONFIG: join(root, 'config.yaml'),
    OAOPS_LANG: 'en',
    HC_URL: `${server.url}/uuid-of-run`,
  };
  for (const dir of ['source', 'metrics']) mkdirSync(join(root, dir));
  writeFileSync(join(root, 'source', 'a.txt'), 'content');
  writeFileSync(
    join(root, 'nightly.yaml'),
    `apiVersion: oaops/v1
kind: Backup
metadata: {name: nightly, version: 1.0.0, title: Nightly, owner: operations}
spec:
  sources: [${root}/source]
  repositories: [main]
  ping:
    url: env:HC_URL
    legs: {off-site: "${server.url}/off-site"}
`,
  );
  configure();
  const made = await runOaops(['backup', 'init', '--repo', 'main', '--no-encryption'], { env });
  expect(made.stderr).not.toContain('Error');
}, 60_000);
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

test('a good run pings start and success, for itself and each leg, and leaves metrics that promtool accepts', async () => {
  const { exitCode, stdout, stderr } = await run('-q');
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  const paths = server.pings.map(({ path }) => path);
  expect(paths[0]).toBe('/uuid-of-run/start');
  expect(paths.slice(1).sort()).toEqual(['/local', '/off-site', '/uuid-of-run']);
  const { body } = server.pings.find(({ path }) => path === '/uuid-of-run')!;
  expect(body).toMatch(/^nightly 1\.0\.0 on \S+: ok, exit code 0, .*\nleg local: ok\nleg off-site: ok$/s);
  const text = metrics();
  expect(text.split('\n')[0]).toMatch(/^# HELP oaops_last_success_age_seconds /);
  expect(text).not.toMatch(/^[a-z_]+(\{.*\})? \S+ \S+$/m);
  expect(Number(metric('oaops_last_success_age_seconds'))).toBeLessThan(60);
  expect(metric('oaops_backup_leg_success', 'leg="off-site"')).toBe('1');
  expect(metric('oaops_backup_files')).toBe('1');
  expect(metric('oaops_verify_problems', 'leg="local"')).toBe('0');
  expect(readdirSync(join(root, 'metrics'))).toEqual(['oaops-nightly.prom']);
  expect(statSync(join(root, 'metrics', 'oaops-nightly.prom')).mode & 0o777).toBe(0o644);
  if (spawnSync('promtool', ['--version']).status !== 0) return;
  expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
}, 60_000);

test('a leg that fails makes the run end badly, told by its exit code, the leg as /fail, and only its metrics say so', async () => {
  server.pings.length = 0;
  let exitCode = 0;
  renameSync(join(root, 'off-site'), join(root, 'away'));
  writeFileSync(join(root, 'off-site'), 'no folder');
  try {
    exitCode = (await run()).exitCode!;
  } finally {
    rmSync(join(root, 'off-site'));
    renameSync(join(root, 'away'), join(root, 'off-site'));
  }
  expect(
    server.pings
      .map(({ path }) => path)
      .slice(1)
      .sort(),
  ).toEqual(['/local', '/off-site/fail', `/uuid-of-run/${exitCode}`]);
  expect(exitCode).toBeGreaterThan(0);
  expect(metric('oaops_last_run_exit_code')).toBe(String(exitCode));
  expect(metric('oaops_last_run_success')).toBe('0');
  expect(metric('oaops_backup_leg_success', 'leg="off-site"')).toBe('0');
  expect(metric('oaops_backup_leg_success', 'leg="local"')).toBe('1');
  const of = (leg: string) => Number(metric('oaops_backup_leg_last_success_timestamp_seconds', `leg="${leg}"`));
  expect(of('off-site')).toBeGreaterThan(0);
  expect(of('local')).toBeGreaterThan(of('off-site'));
}, 60_000);

test('a dead ping server and a metrics folder that is gone are warnings; the run stays good, the URL unsaid', async () => {
  const gone = await pingServer();
  await gone.close();
  configure(`pings: {nightly: "${gone.url}/hidden-uuid"}`);
  rmSync(join(root, 'metrics'), { recursive: true });
  const { exitCode, stdout, stderr } = await run();
  mkdirSync(join(root, 'metrics'));
  configure();
  expect(exitCode).toBe(0);
  const said = stdout + stderr;
  expect(said).toMatch(/warning: the ping to 127\.0\.0\.1:\d+ failed: it cannot be reached/);
  expect(said).toMatch(/warning: no metrics could be written to .*ENOENT/);
  expect(said).not.toContain('hidden-uuid');
  expect(said.trimEnd().split('\n').at(-1)).not.toMatch(/warning/);
}, 90_000);

test('the record remembers how each backup went, for reports', async () => {
  const { stdout } = await runOaops(['runs', 'list', '--runbook', 'nightly', '--json'], { env });
  expect((JSON.parse(stdout) as { status: string }[]).map(({ status }) => status === 'ok')).toEqual([
    true,
    false,
    true,
  ]);
}, 30_000);
