import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runOaops } from '../../helpers/oaops.ts';

let dir: string;
const oaops = (...args: string[]) =>
  runOaops(args, {
    cwd: dir,
    bare: true,
    env: { PATH: process.env['PATH']!, HOME: dir, OAOPS_STATE_DIR: join(dir, 'state'), OAOPS_LANG: 'en', TZ: 'UTC' },
  });

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-history-'));
  mkdirSync(join(dir, 'data'));
  writeFileSync(join(dir, 'data/one'), 'x');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('counts backups by runbooks and by hand, good ones and failed ones', async () => {
  expect((await oaops('backup', 'history')).stdout).toMatch(/^no backup since \d{4}-\d\d-\d\d\n$/);
  await oaops('backup', 'init', '--repo', 'repo', '--no-encryption');
  const ends = [
    await oaops('backup', 'create', 'data', '--repo', 'repo'),
    await oaops('backup', 'create', 'gone', '--repo', 'repo'),
    await oaops('run', 'backup-daily', '-i', `source=${join(dir, 'data')}`, '-i', `repo=${join(dir, 'repo')}`),
    await oaops('run', 'backup-daily', '-i', `source=${join(dir, 'data')}`, '-i', `repo=${join(dir, 'no-repo')}`),
  ];
  expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 1, 0, 10]);
  const { exitCode, stdout } = await oaops('backup', 'history', '--by', 'month', '--json');
  expect(exitCode).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    figures: { backups: 4, ok: 2, failed: 2, successRate: 0.5 },
    runbooks: [
      { runbook: 'backup-daily', figures: { backups: 2, ok: 1, failed: 1 } },
      { runbook: null, figures: { backups: 2, ok: 1, failed: 1 } },
    ],
    periods: [{ runbook: 'backup-daily' }, { runbook: null }],
    unfinished: 0,
  });
  const outcomes = report.backups.map(({ outcome }: { outcome: string }) => outcome);
  expect(outcomes).toEqual(['failed', 'ok', 'failed', 'ok']);
  const one = await oaops('backup', 'history', '--runbook', 'backup-daily', '--since', '2h');
  expect(one.stdout).toContain('backup-daily: 1 of 2 complete (50.0 %), 0 incomplete, 1 failed, 0 interrupted');
  expect(one.stdout).not.toContain('by hand');
  expect((await oaops('backup', 'history', '--since', 'yesterday')).exitCode).toBe(2);
}, 240_000);
