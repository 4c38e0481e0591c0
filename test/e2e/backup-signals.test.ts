import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.ts';

const bin = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

let dir: string;
const env = () => ({ PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state'), OAOPS_LANG: 'en' });
const entries = (folder: string) => (existsSync(join(dir, folder)) ? readdirSync(join(dir, folder)) : []);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-signals-'));
  mkdirSync(join(dir, 'data'));
  // Slow to compress: the backup is still at work when the signal comes.
  for (let i = 0; i < 24; i++) writeFileSync(join(dir, 'data', `${i}`), randomBytes(3_000_000).toString('hex'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a backup that is told to end', () => {
  it.each([
    { signal: 'SIGINT' as const, exitCode: 130 },
    { signal: 'SIGTERM' as const, exitCode: 143 },
  ])('gives its lease and its spool back and exits $exitCode after $signal', async ({ signal, exitCode }) => {
    const init = spawnSync(process.execPath, [bin, 'backup', 'init', '--repo', 'repo', '--no-encryption'], {
      cwd: dir,
      env: env(),
    });
    expect(init.status).toBe(0);
    const argv = [bin, 'backup', 'create', 'data', '--repo', 'repo', '--level', '19'];
    const child = spawn(process.execPath, argv, { cwd: dir, env: env(), stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    const ended = new Promise((resolve) => child.on('close', (code, killedBy) => resolve({ code, killedBy })));
    try {
      await eventually(() => entries('repo/locks').length > 0, 30_000);
      child.kill(signal);
      expect(await ended).toEqual({ code: exitCode, killedBy: null });
    } finally {
      child.kill('SIGKILL');
    }
    expect(stderr).toContain('the backup was stopped');
    expect(entries('repo/locks')).toEqual([]);
    expect(entries('repo/snapshots')).toEqual([]);
    expect(entries('state/cache/backup-spool')).toEqual([]);
  });
}, 90_000);
