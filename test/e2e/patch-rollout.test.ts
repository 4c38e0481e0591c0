import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prepareRollout, showRollout } from '../../src/app/patch.ts';
import { startRun } from '../../src/app/run-command.ts';
import { openApp } from '../../src/app.ts';
import { type Clock, isoTime, systemClock } from '../../src/core/clock.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { sha256Hex } from '../../src/core/json.ts';
import { type EvidenceFact, evidenceTopic } from '../../src/rollout/preconditions.ts';
import { type OaSite, siteMissing, startSite } from '../helpers/oa-site.ts';

/** The wall clock jumps over the pauses of gates and watch, which are slept in steps of 20 to 60 s; everything else takes its time. */
function hastyClock(): Clock {
  let aheadMs = 0;
  return {
    nowMs: () => systemClock.nowMs() + aheadMs,
    monotonicMs: () => systemClock.monotonicMs(),
    sleep: async (ms, signal) => {
      if (ms < 20_000 || ms > 60_000) return systemClock.sleep(ms, signal);
      await systemClock.sleep(1, signal);
      aheadMs += ms;
    },
  };
}

const missing = siteMissing();
let site: OaSite;
beforeAll(async () => {
  if (missing !== undefined) return;
  // Batches of 5, 50 and 65: the bad package is found out in the last one.
  site = await startSite(120, ['web1']);
  writeFileSync(join(site.dir, 'config.yaml'), `inventory: ${join(site.dir, 'hosts.ini')}\n`, { mode: 0o600 });
}, 120_000);
afterAll(() => site?.stop());
beforeEach(({ skip }) => skip(missing !== undefined, missing));

/** Rolls a package out by the shipped runbook, all that is asked for being on record. `seen`: each event of a step, with whether the data is frozen at that time. */
async function rollOut(name: string) {
  await using app = openApp(
    { json: false, quiet: true, verbose: false, debug: false, color: false, configFile: join(site.dir, 'config.yaml') },
    { env: site.env, clock: hastyClock() },
  );
  const { facts } = await app.record();
  const file = join(site.dir, name);
  const sha256 = sha256Hex(readFileSync(file, 'utf8'));
  const at = isoTime(app.clock.nowMs());
  const evidence = (kind: Parameters<typeof evidenceTopic>[0], run: string, more: Partial<EvidenceFact> = {}) =>
    facts.add(evidenceTopic(kind), sha256, at, { run, by: 'test', passed: true, ...more });
  await evidence('risk', 'r1', { percent: 1 });
  for (const run of ['t1', 't2', 't3']) await evidence('test-round', run);
  await evidence('rehearsal', 'h1');
  await evidence('notice', 'n1');
  await facts.add('backup', 'backup-daily', at, { run: 'b1', exitCode: 0 });

  const inputs = {
    package: file,
    directory: site.directory.url,
    base: site.base,
    switchOn: site.programs['switch-on'],
    switchOff: site.programs['switch-off'],
    freeze: site.programs.freeze,
    thaw: site.programs.thaw,
    health: `${site.hosts[0]!.url}/health`,
  };
  const prepared = await prepareRollout(app, {
    runbook: 'patch-rollout',
    inputs: Object.entries(inputs).map(([key, value]) => `${key}=${value}`),
  });
  const seen: { step: string; frozen: boolean[] }[] = [];
  const sink = (event: RunEvent) => {
    if (event.event === 'step.started')
      seen.push({ step: event.step, frozen: site.hosts.map((host) => host.frozen()) });
  };
  const end = await startRun(app, prepared, { lang: 'en', follow: true, renderer: async () => ({ sink }) });
  const { status } = await showRollout(app, end.run);
  return { end, seen, status, left: `/var/tmp/oaops-package-${end.run}` };
}

describe('the shipped patch-rollout', { timeout: 600_000 }, () => {
  it('takes a bad package back from everybody, and leaves nothing frozen (UP-05, UP-06)', async () => {
    const { end, status, left } = await rollOut('bad.pkg');
    expect(end, end.message ?? '').toMatchObject({ status: 'rolled-back', exitCode: 5 });
    expect(end.message).toContain('b3-healthy: the gate says no');
    expect(status.batches.map(({ state }) => state)).toEqual(['undone', 'undone', 'undone']);
    for (const host of site.hosts) {
      expect(host.applied()).toHaveLength(120);
      expect(host.enabled()).toEqual([]);
      expect(host.frozen()).toBe(false);
      expect(host.freezes().slice(0, 2)).toEqual(['freeze', 'thaw']);
      host.forget();
    }
    expect(existsSync(left)).toBe(false);
  });

  it('brings a good one to everybody, thaws with the last batch and watches for 72 hours (UP-07)', async () => {
    const { end, seen, status } = await rollOut('good.pkg');
    expect(end, end.message ?? '').toMatchObject({ status: 'ok', exitCode: 0 });
    expect(status.watch.map(({ gate, state, samples }) => ({ gate, state, of: samples.of }))).toEqual([
      { gate: 'still-healthy', state: 'pass', of: 288 },
      { gate: 'feedback', state: 'pass', of: 288 },
    ]);
    const frozenAt = (step: string) => seen.find((event) => event.step === step)?.frozen;
    expect(frozenAt('freeze')).toEqual([false]);
    for (const batch of [1, 2, 3]) expect(frozenAt(`b${batch}-enable`), `batch ${batch}`).toEqual([true]);
    expect(frozenAt('watch-still-healthy')).toEqual([false]);
    for (const host of site.hosts) {
      expect(new Set(host.applied()).size).toBe(120);
      expect(host.applied()).toHaveLength(120);
      expect(host.frozen()).toBe(false);
    }
  });
});
