import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ScriptedS3, startScriptedS3 } from '../../helpers/scripted-s3.ts';

const program = join(import.meta.dirname, '../../../bin/dev.js');
const deletingKey = 'AKIADELETES';
let dir: string;
let server: ScriptedS3;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-keys-'));
  mkdirSync(join(dir, 'src'));
  server = await startScriptedS3();
  server.manners.deletingKey = deletingKey;
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

async function oaops(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: dir,
    OAOPS_STATE_DIR: join(dir, 'state'),
    OAOPS_CONFIG: join(dir, 'config.yaml'),
    OAOPS_LANG: 'en',
    ...server.env,
    DELETING_SECRET: 'scripted-secret',
    DELETING_ID: deletingKey,
  };
  return promisify(execFile)(process.execPath, [program, ...args], { env, cwd: dir }).then(
    (done) => ({ code: 0, ...done }),
    (error) => error,
  );
}

function configure(prune: string): void {
  const leg = `{name: s3, location: "s3://bucket/main", endpoint: "${server.endpoint}"${prune}}`;
  writeFileSync(join(dir, 'config.yaml'), `repositories:\n  main:\n    legs:\n      - ${leg}\n`, { mode: 0o600 });
}

test('prune deletes with keys of its own; with the daily keys everything is retained, and nothing is lost', async () => {
  configure('');
  expect(await oaops('backup', 'init', '--repo', 'main', '--no-encryption', '-q')).toMatchObject({ code: 0 });
  for (const text of ['one', 'two', 'three']) {
    writeFileSync(join(dir, 'src/file'), text.repeat(500));
    expect((await oaops('backup', 'create', 'src', '--repo', 'main', '-q')).code).toBe(0);
  }
  const flags = ['--repo', 'main', '--keep-last', '1', '--grace', '0s', '--confirm', 'main', '--json'];
  const manifests = () => [...server.objects.keys()].filter((key) => key.endsWith('.manifest')).length;
  const refused = await oaops('backup', 'prune', ...flags);
  expect(refused.code).toBe(0);
  const [leg] = JSON.parse(refused.stdout).legs;
  expect(leg.snapshots.map(({ action, retained }: Record<string, unknown>) => [action, retained])).toEqual([
    ['remove', true],
    ['remove', true],
    ['keep', false],
  ]);
  expect(leg.retained.objects).toBe(2);
  expect(manifests()).toBe(3);
  expect((await oaops('backup', 'pin', 'latest', '--repo', 'main', '--reason', 'x')).code).toBe(0);
  expect((await oaops('backup', 'unpin', 'latest', '--repo', 'main')).code).toBe(3);

  configure(', prune: {accessKeyId: "env:DELETING_ID", secretAccessKey: "env:DELETING_SECRET"}');
  const done = await oaops('backup', 'prune', ...flags);
  expect(done).toMatchObject({ code: 0 });
  expect(JSON.parse(done.stdout).legs[0]).toMatchObject({ retained: { objects: 0 } });
  expect(manifests()).toBe(1);
  expect((await oaops('backup', 'unpin', 'latest', '--repo', 'main')).code).toBe(0);
  expect((await oaops('backup', 'verify', '--repo', 'main')).code).toBe(0);
  // Only prune and unpin have the right: a backup leaves its lease behind.
  await oaops('backup', 'create', 'src', '--repo', 'main', '-q');
  expect([...server.objects.keys()].filter((key) => key.includes('/locks/')).length).toBeGreaterThan(0);
}, 120_000);
