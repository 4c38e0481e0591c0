import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalHost } from '../../../src/connectors/process/local-host.ts';
import { markerName } from '../../../src/connectors/process/marker.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { eventually } from '../../helpers/eventually.ts';
import { processesWith } from '../../helpers/processes.ts';

const never = new AbortController().signal;
const runner = fileURLToPath(new URL('../../helpers/local-host-runner.ts', import.meta.url));

describe('after kill -9 of oaops', () => {
  let dir: string;
  let host: LocalHost;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-recover-'));
    host = new LocalHost(
      { name: 'localhost', connection: 'local', host: 'localhost', groups: [], vars: {} },
      { stateDir: dir, env: process.env, clock: systemClock, random: systemRandom, cwd: '/', graceMs: 300 },
    );
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** Starts a command in another process of oaops and kills that one when the command has begun. */
  async function crashed(key: string, script: string): Promise<void> {
    const began = join(dir, `${markerName(key)}.began`);
    const child = spawn(
      process.execPath,
      [runner, dir, key, '/bin/sh', '-c', `: >"$1"; echo first; ${script}`, 'sh', began],
      { stdio: 'inherit' },
    );
    await eventually(() => existsSync(began));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }

  it('attaches to a command that still runs and gets its whole output and exit code', async () => {
    const go = join(dir, 'go');
    await crashed('a.1', `while [ ! -e '${go}' ]; do sleep 0.05; done; echo second; exit 11`);
    const recovered = await host.recover('a.1');
    if (recovered.state !== 'alive') throw new Error(recovered.state);
    await expect(host.run({ argv: ['true'], supervise: { key: 'a.1' } }, never)).rejects.toMatchObject({
      code: 'unit-running',
    });
    const waiting = recovered.wait(never);
    writeFileSync(go, '');
    expect(await waiting).toMatchObject({ exitCode: 11, stdout: { head: 'first\nsecond\n' } });
  });

  it('takes the exit code of a command that ended meanwhile', async () => {
    await crashed('b.1', 'sleep 0.3; exit 12');
    await eventually(async () => (await host.recover('b.1')).state === 'exited');
    expect(await host.recover('b.1')).toMatchObject({
      state: 'exited',
      result: { exitCode: 12, stdout: { head: 'first\n' } },
    });
    await host.forget('b.1');
    expect(existsSync(join(dir, 'units', markerName('b.1')))).toBe(false);
  });

  it('says unknown when the supervisor is gone as well, also when its pid is used again', async () => {
    await crashed('c.1', 'sleep 771.5');
    const pidFile = join(dir, 'units', markerName('c.1'), 'pid');
    const [pid = ''] = readFileSync(pidFile, 'utf8').split(' ');
    process.kill(Number(pid), 'SIGKILL');
    for (const left of processesWith('771.5')) process.kill(left, 'SIGKILL');
    await eventually(() => !existsSync(`/proc/${pid}`) || / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
    expect(await host.recover('c.1')).toEqual({ state: 'unknown' });
    // The pid lives, but it is another process than the one that started then.
    writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(/^\d+/, String(process.pid)));
    expect(await host.recover('c.1')).toEqual({ state: 'unknown' });
  });

  it('ends the tree of a command that still runs when told to', async () => {
    await crashed('d.1', '(setsid sleep 772.5 &); sleep 773.5');
    const recovered = await host.recover('d.1');
    if (recovered.state !== 'alive') throw new Error(recovered.state);
    const controller = new AbortController();
    const waiting = recovered.wait(controller.signal);
    controller.abort();
    expect(await waiting).toMatchObject({ signal: 'SIGTERM' });
    expect([...processesWith('772.5'), ...processesWith('773.5')]).toEqual([]);
  });

  it('says not-started when there is no claim, and then nothing can start any more', async () => {
    expect(await host.recover('never.1')).toEqual({ state: 'not-started' });
    mkdirSync(join(dir, 'units', markerName('made.1')), { recursive: true });
    expect(await host.recover('made.1')).toEqual({ state: 'not-started' });
    // Who asked may have died before it wrote the answer down.
    expect(await host.recover('made.1')).toEqual({ state: 'not-started' });
  });

  it('takes the claim of an earlier oaops, a folder with a pid beside it, for one of a supervisor', async () => {
    const unit = join(dir, 'units', markerName('earlier.1'));
    mkdirSync(join(unit, 'claim'), { recursive: true });
    writeFileSync(join(unit, 'pid'), '4194304 1 another-boot\n');
    expect(await host.recover('earlier.1')).toEqual({ state: 'unknown' });
  });

  it('says unknown when a supervisor claimed the unit and is not heard of for ten seconds', async () => {
    mkdirSync(join(dir, 'units', markerName('claimed.1')), { recursive: true });
    writeFileSync(join(dir, 'units', markerName('claimed.1'), 'claim'), '');
    let now = 0;
    const sleep = async (ms: number) => {
      now += ms;
    };
    const clock = { ...systemClock, monotonicMs: () => now, sleep };
    const patient = new LocalHost(
      { name: 'localhost', connection: 'local', host: 'localhost', groups: [], vars: {} },
      { stateDir: dir, env: process.env, clock, random: systemRandom, cwd: '/' },
    );
    expect(await patient.recover('claimed.1')).toEqual({ state: 'unknown' });
    expect(now).toBe(10_000);
  });
});
