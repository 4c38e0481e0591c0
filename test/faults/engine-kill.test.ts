import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { openRecord } from '../../src/record/open.ts';

const program = join(import.meta.dirname, '../../bin/dev.js');
const kills = 50;
const steps = 20;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-kill-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Mulberry32: small, and the same everywhere for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Each step adds its number to a file, sometimes slowly; nothing about it is idempotent. */
function procedure(): string {
  const file = join(dir, 'kill.yaml');
  const list = Array.from({ length: steps }, (_, index) => {
    const pause = index % 3 === 0 ? 'sleep 0.05; ' : '';
    return `    - id: s${index}\n      uses: exec\n      with: {shell: true, argv: ['${pause}echo ${index} >>"$1"', "\${{ inputs.out }}"]}\n`;
  });
  writeFileSync(
    file,
    `apiVersion: oaops/v1\nkind: Procedure\nmetadata:\n  name: kill-sweep\n  version: 1.0.0\n  title: Kill sweep\n  owner: tests\nspec:\n  inputs:\n    out: {type: string, required: true}\n  steps:\n${list.join('')}`,
  );
  return file;
}

interface Ended {
  code: number | null;
  killed: boolean;
  events: Record<string, unknown>[];
  stderr: string;
}

/** Runs oaops; kills it so long after its first event, if it still lives. */
async function oaops(args: string[], killAfterMs?: number): Promise<Ended> {
  const child: ChildProcess = spawn(program, args, {
    env: { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk;
    if (killAfterMs !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...end) => resolve(end));
  });
  clearTimeout(timer);
  const lines = stdout.split('\n').slice(0, -1);
  return {
    code,
    killed: signal === 'SIGKILL',
    events: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    stderr,
  };
}

/** Processes that carry the run's id in their environment: commands of its steps. */
function strays(runId: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`OAOPS_UNIT=${runId}`);
    } catch {
      return false;
    }
  });
}

it('does each step exactly once, however often it is killed', async () => {
  const seed = Number(process.env['OAOPS_SEED'] ?? Date.now() % 2 ** 31);
  console.log(`kill sweep seed: ${seed}`);
  const random = randomOf(seed);
  const file = procedure();
  let done = 0;
  for (let round = 0; done < kills; round += 1) {
    const out = join(dir, `out-${round}.txt`);
    let ended = await oaops(['run', file, '-i', `out=${out}`, '--json'], random() * 500);
    expect(ended.events.length, ended.stderr).toBeGreaterThan(0);
    const runId = String(ended.events[0]!['run']);
    // Killed after its last commit, the run is over all the same.
    let over = false;
    while (ended.killed && !over) {
      done += 1;
      // The dead process holds nothing back: the next one starts at once.
      ended = await oaops(['runs', 'resume', runId, '--json'], done < kills ? random() * 500 : undefined);
      over = ended.stderr.includes('is ok: there is nothing to resume');
      if (!over) expect(ended.stderr).toBe('');
    }
    if (!over) {
      expect(ended.events.at(-1)).toMatchObject({ event: 'run.ended', status: 'ok', exitCode: 0 });
      expect(ended.code).toBe(0);
    }
    expect(readFileSync(out, 'utf8').trim().split('\n').map(Number)).toEqual(
      Array.from({ length: steps }, (_, index) => index),
    );
    const deadline = Date.now() + 5000;
    while (strays(runId).length > 0 && Date.now() < deadline) await delay(20);
    expect(strays(runId)).toEqual([]);
    const markers = join(dir, 'state/units');
    expect(
      existsSync(markers) ? readdirSync(markers).filter((name) => name.includes(runId)).length : 0,
    ).toBeLessThanOrEqual(kills);
  }
  const record = await openRecord({
    stateDir: join(dir, 'state'),
    clock: systemClock,
    random: systemRandom,
    actor: 'tests',
    hostname: 'tests',
  });
  try {
    expect((await record.audit.verify()).state).toBe('consistent-not-anchored');
    for (const row of await record.runs.list({})) {
      const journal = await record.runs.journal(row.id);
      expect(journal.filter((entry) => entry.status === null)).toEqual([]);
      expect(journal.filter((entry) => entry.status === 'ok')).toHaveLength(steps);
    }
  } finally {
    await record.close();
  }
});
