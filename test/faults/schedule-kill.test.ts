import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runOaops } from '../helpers/oaops.ts';
import { ScheduleStage } from '../helpers/schedule-stage.ts';

const program = join(import.meta.dirname, '../../bin/dev.js');
const kills = 20;
let stage: ScheduleStage;
beforeEach(() => {
  stage = new ScheduleStage();
});
afterEach(() => stage.end());

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

it(`tick killed ${kills} times at any moment: each time of the schedule has one run, none is lost, none comes twice`, async () => {
  const seed = Number(process.env['OAOPS_SEED'] ?? Date.now() % 1_000_000);
  console.info(`seed ${seed} (OAOPS_SEED)`);
  const random = randomOf(seed);
  stage.runbook('often', '{type: cron, expression: "* * * * *", catchUp: all}');
  await stage.configure('{often: {}}');
  // Seventeen times to catch up, in every one of which a tick can die.
  await stage.lookAt(new Date(Date.now() - 17 * 60_000).toISOString());
  const env = { PATH: '/usr/bin:/bin', ...stage.env };
  for (let kill = 0; kill < kills; kill++) {
    const child = spawn(process.execPath, [program, 'tick', '-q'], { env, stdio: 'ignore' });
    const closed = new Promise((resolve) => child.on('close', resolve));
    // Counted from the beginning of the process: loading, taking, planning, running.
    await Promise.race([closed, delay(300 + random() * 1500)]);
    child.kill('SIGKILL');
    await closed;
  }
  const last = await runOaops(['tick', '--json'], { env });
  expect(JSON.parse(last.stdout.trim().split('\n').at(-1)!)).toMatchObject({ notStarted: [], busy: [] });
  const { facts, runs } = await stage.app.record();
  const slots = (await facts.list('schedule:often')).map(({ key, body }) => ({
    key,
    ...(body as { outcome: string; run?: string }),
  }));
  const started = slots.filter(({ outcome }) => outcome === 'started');
  expect(started.length, `seed ${seed}`).toBeGreaterThanOrEqual(17);
  // Minute after minute, without a hole.
  const minutes = started.map(({ key }) => Date.parse(key) / 60_000).sort((a, b) => a - b);
  expect(minutes.at(-1)! - minutes[0]! + 1, `seed ${seed}`).toBe(minutes.length);
  const ids = (await runs.list({ runbook: 'often' })).map(({ id }) => id).sort();
  expect(started.map(({ run }) => run).sort(), `seed ${seed}`).toEqual(ids);
  expect(stage.timesRun('often'), `seed ${seed}`).toBeLessThanOrEqual(ids.length);
}, 300_000);
