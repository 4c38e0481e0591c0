import { execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { packagesMissing } from '../helpers/needs.ts';

/**
 * kill -9 of a backup at 50 random moments. What must hold afterwards: the next backup starts at once, every snapshot that
 * is listed verifies in full, no process is left beside it, and the last one restores byte for byte.
 */
const rounds = 50;
const run = promisify(execFile);
const program = join(import.meta.dirname, '../../bin/run.js');

let dir: string;
let env: Record<string, string>;
let source: string;
let repo: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-kill-'));
  source = join(dir, 'src');
  repo = join(dir, 'repo');
  env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state'), OAOPS_LANG: 'en' };
  for (let d = 0; d < 20; d++) {
    mkdirSync(join(source, `d${d}`), { recursive: true });
    for (let f = 0; f < 50; f++) writeFileSync(join(source, `d${d}/f${f}`), bytes(d * 50 + f, 20_000));
  }
  writeFileSync(join(source, 'big.bin'), bytes(9999, 24 * 1024 * 1024));
  await run(program, ['backup', 'init', '--repo', repo, '--no-encryption'], { env });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Bytes that do not compress, repeatable by seed. */
function bytes(seed: number, length: number): Buffer {
  const out = Buffer.alloc(length);
  let state = (seed + 1) * 2654435761;
  for (let i = 0; i + 4 <= length; i += 4) {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9;
    out.writeInt32LE(state | 0, i);
  }
  return out;
}

/** Processes whose environment names this test's state folder. */
function strays(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`OAOPS_STATE_DIR=${env['OAOPS_STATE_DIR']}`);
    } catch {
      return false;
    }
  });
}

/** Without getfattr every backup says so. */
function withoutAttributes(stderr: string): string {
  if (packagesMissing('getfattr').length === 0) return stderr;
  return stderr
    .split('\n')
    .filter((line) => !line.includes('(package attr)'))
    .join('\n');
}

async function killedBackup(afterMs: number): Promise<'killed' | 'ended'> {
  const child = spawn(program, ['backup', 'create', source, '--repo', repo, '--json'], { env, stdio: 'ignore' });
  const ended = new Promise<'ended'>((resolve) =>
    child.once('exit', (_code, signal) => signal === null && resolve('ended')),
  );
  const outcome = await Promise.race([ended, delay(afterMs).then(() => 'killed' as const)]);
  const gone =
    child.exitCode === null && child.signalCode === null
      ? new Promise((resolve) => child.once('exit', resolve))
      : undefined;
  if (gone) {
    child.kill('SIGKILL');
    await gone;
  }
  return outcome;
}

test(`${rounds} times killed: nothing lost, nothing stale, no snapshot that lies`, async () => {
  const seed = Number(process.env['OAOPS_TEST_SEED'] ?? randomInt(2 ** 31));
  console.log(`seed ${seed}`);
  const delays = fc.sample(fc.integer({ min: 60, max: 1600 }), { numRuns: rounds, seed });
  let killed = 0;
  for (const [round, afterMs] of delays.entries()) {
    writeFileSync(join(source, `d${round % 20}/f${round}`), bytes(100_000 + round, 30_000));
    // Every tenth round a large new file, so that kills also hit the middle of packs.
    if (round % 10 === 0) writeFileSync(join(source, 'big.bin'), bytes(200_000 + round, 24 * 1024 * 1024));
    if ((await killedBackup(afterMs)) === 'killed') killed += 1;
    // What it had started notices that it is alone, and ends.
    await eventually(() => strays().length === 0).catch(() => undefined);
    expect(strays(), `left over after round ${round}`).toEqual([]);
    if (round % 5 === 4) {
      const next = await run(program, ['backup', 'create', source, '--repo', repo, '--json'], { env });
      expect(withoutAttributes(next.stderr)).toBe('');
    }
  }
  expect(killed).toBeGreaterThan(rounds / 3);

  const last = await run(program, ['backup', 'create', source, '--repo', repo], { env });
  expect(withoutAttributes(last.stderr)).toBe('');
  await run(program, ['backup', 'verify', '--level', 'full', '--repo', repo], { env });
  const target = join(dir, 'restored');
  await run(program, ['backup', 'restore', 'latest', '--repo', repo, '--target', target], { env });
  const diff = await run('diff', ['-r', source, join(target, source)]).catch((error: { stdout: string }) => error);
  expect(diff.stdout).toBe('');
  expect(existsSync(join(target, source, 'big.bin'))).toBe(true);
});
