import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'oaops-leg-away-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const oaops = (...argv: string[]) =>
  spawnSync(process.execPath, [bin, ...argv], {
    cwd: dir,
    env: { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_LANG: 'en' },
    encoding: 'utf8',
    timeout: 60_000,
  });

test('a runbook whose second leg is away is incomplete, and catches it up when it is back', () => {
  const [source, near, far] = ['source', 'near', 'far'].map((name) => join(dir, name)) as [string, string, string];
  mkdirSync(source);
  writeFileSync(join(source, 'f'), '1');
  writeFileSync(
    join(dir, 'two-legs.yaml'),
    `apiVersion: oaops/v1
kind: Backup
metadata: {name: two-legs, version: 1.0.0, title: {en: Two legs, zh-CN: 双副本}, owner: ops, procedures: [BK-02]}
spec:
  sources: ['${source}']
  repositories: ['${near}', '${far}']
`,
  );
  expect(oaops('backup', 'init', '--repo', near, '--repo', far, '--no-encryption').status).toBe(0);
  expect(oaops('run', 'two-legs.yaml').status).toBe(0);

  renameSync(far, `${far}.away`);
  writeFileSync(join(source, 'g'), '2');
  const without = oaops('run', 'two-legs.yaml');
  expect(without.status).toBe(3);
  expect(without.stdout).toContain(`not verified: there is no folder ${far}`);
  expect(oaops('backup', 'legs', '--repo', near, '--repo', far).status).toBe(3);
  expect(oaops('backup', 'verify', '--repo', near).status).toBe(0);

  renameSync(`${far}.away`, far);
  expect(oaops('run', 'two-legs.yaml').status).toBe(0);
  const legs = JSON.parse(oaops('backup', 'legs', '--repo', near, '--repo', far, '--json').stdout) as {
    legs: { snapshots: number; missing: string[] }[];
  };
  expect(legs.legs.map(({ snapshots, missing }) => ({ snapshots, missing }))).toEqual([
    { snapshots: 3, missing: [] },
    { snapshots: 3, missing: [] },
  ]);
}, 120_000);
