import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { countsOf, type OaSite, siteMissing, startSite, writeHotfix } from '../helpers/oa-site.ts';
import { runOaops } from '../helpers/oaops.ts';

const missing = siteMissing();
const program = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));
const everybody = Array.from({ length: 1203 }, (_, index) => `user${index}`);

let site: OaSite;
beforeAll(async () => {
  if (missing !== undefined) return;
  site = await startSite(1203);
  writeHotfix(site);
}, 120_000);
afterAll(() => site?.stop());
beforeEach(({ skip }) => skip(missing !== undefined, missing));

const oaops = (...args: string[]) => runOaops(args, { cwd: site.dir, bare: true, env: site.env });
const rollout = ['patch', 'rollout', './hotfix.yaml', '--yes', '-i'];
const states = async () =>
  JSON.parse((await oaops('patch', 'status', '--json')).stdout).batches.map(({ state }: { state: string }) => state);

/** nginx takes a moment to begin with the map that it was told to read. */
async function allGet(version: string): Promise<void> {
  for (const host of site.hosts) {
    // The last one of the population is enough to know that the new map is in use.
    await eventually(async () => (await host.versionOf('user999')) === version);
    expect(await host.served(everybody)).toEqual(new Map([[version, 1203]]));
  }
}

describe('1,203 users of a directory, three hosts with nginx', { timeout: 600_000 }, () => {
  it('a bad patch trips the gate in batch 3 and everything goes back', async () => {
    const bad = await oaops(...rollout, 'package=bad.pkg');
    expect(bad.exitCode, bad.stdout + bad.stderr).toBe(5);
    expect(bad.stdout).toContain('b3-health-web1');
    expect(await states()).toEqual(['undone', 'undone', 'undone', 'not-started', 'not-started']);
    for (const host of site.hosts) {
      expect(host.applied()).toHaveLength(555);
      expect(host.enabled()).toEqual([]);
      host.forget();
    }
    await allGet('1.0');
  });

  it('the good one is killed in batch 2, goes on, and reaches everybody, nobody twice', async () => {
    for (const host of site.hosts) host.hold(50);
    const killed = spawn(process.execPath, [program, ...rollout, 'package=good.pkg'], {
      cwd: site.dir,
      env: site.env,
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => killed.once('exit', (_, signal) => resolve(signal)));
    await eventually(() => site.hosts.every((host) => host.isHeld()), 300_000);
    killed.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    expect((await states()).slice(2)).toEqual(['not-started', 'not-started', 'not-started']);
    for (const host of site.hosts) {
      expect(host.applied()).toHaveLength(55);
      host.release();
    }
    const resumed = await oaops('patch', 'resume', 'latest');
    expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0);
    expect(await states()).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    for (const host of site.hosts) {
      const counts = countsOf(host);
      expect([...counts.keys()].sort()).toEqual([...everybody].sort());
      expect([...counts.values()].filter((count) => count !== 1)).toEqual([]);
    }
    await allGet('2.0');
  });
});
