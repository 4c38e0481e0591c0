import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clock } from '../../../src/inspect/checks/clock.ts';
import { judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const at = 1_796_018_582_000;
const stat = (started: number) => `S 1 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 ${started} 9 9`;
const ns = (ms: number) => `${ms}000000`;

describe('clock', () => {
  test('is between what the answer can mean', () => {
    const told = `first ${ns(at + 5000)}\nby chronyc\nkept yes\nlast ${ns(at + 5100)}`;
    expect(judged(clock, {}, told, { askedMs: at, answeredMs: at + 299 })).toMatchObject({
      state: 'warn',
      message: 'the clock is 4.9 s ahead of this machine, give or take 0.1 s',
      measures: [
        { name: 'offset', value: 4.9, unit: 's', warn: '2', fail: '10' },
        { name: 'uncertainty', value: 0.1 },
      ],
      details: ['synchronised, says chronyc'],
    });
    const behind = `first ${ns(at - 20_000)}\nlast ${ns(at - 20_000)}`;
    expect(judged(clock, {}, behind, { askedMs: at, answeredMs: at + 9 })).toMatchObject({
      state: 'fail',
      message: 'the clock is 20.005 s behind this machine, give or take 0.005 s',
    });
  });

  test('what passed in the shell before is no uncertainty', () => {
    // Asked 30 s ago, the shell began 29.9 s ago: other checks took the time.
    const told = `shell 1000.00 ${stat(97_010)}\nfirst ${ns(at)}\nlast ${ns(at)}`;
    const { measures } = judged(clock, {}, told, { askedMs: at - 30_000, answeredMs: at + 50 });
    expect(measures![1]!.value).toBeLessThan(0.1);
    // Of a container, whose uptime is not that of its processes.
    const odd = `shell 3.00 ${stat(97_010)}\nfirst ${ns(at)}\nlast ${ns(at)}`;
    expect(judged(clock, {}, odd, { askedMs: at - 1000, answeredMs: at + 50 }).measures![1]!.value).toBeGreaterThan(
      0.5,
    );
  });

  test('too coarse an answer is no pass', () => {
    const told = `first ${ns(at)}\nlast ${ns(at)}`;
    expect(judged(clock, {}, told, { askedMs: at - 5000, answeredMs: at + 5000 })).toMatchObject({
      state: 'error',
      message: 'the clock is known only to 5.001 s, which is too coarse to judge',
    });
  });

  test('a late answer is no false alarm, and far off it is one all the same', () => {
    const told = `first ${ns(at)}\nlast ${ns(at)}`;
    // It may be right to the second: the answer came 6 s late.
    expect(judged(clock, {}, told, { askedMs: at, answeredMs: at + 6000 }).state).toBe('error');
    expect(judged(clock, {}, told, { askedMs: at + 60_000, answeredMs: at + 66_000 }).state).toBe('fail');
  });

  test('BusyBox tells seconds only', () => {
    const told = `first ${at / 1000}%N\nlast ${at / 1000}%N`;
    expect(judged(clock, {}, told, { askedMs: at + 400, answeredMs: at + 500 })).toMatchObject({
      state: 'pass',
      measures: [{ value: 0.049 }, { value: 0.551 }],
    });
  });

  test('that is not synchronised fails, whatever its offset', () => {
    const about = { askedMs: at, answeredMs: at };
    const told = (by: string) => `first ${ns(at)}\n${by}last ${ns(at)}`;
    expect(judged(clock, {}, told('by timedatectl\nkept no\n'), about)).toMatchObject({
      state: 'fail',
      message: 'the clock is not synchronised, says timedatectl',
    });
    expect(judged(clock, { synchronised: 'ignored' }, told('by timedatectl\nkept no\n'), about).state).toBe('pass');
    expect(judged(clock, { synchronised: 'required' }, told(''), about).state).toBe('error');
    expect(judged(clock, {}, told(''), about).state).toBe('pass');
  });

  test.each(['', 'first x\nlast y', `first ${ns(at)}`, 'first 1\nlast 2', `first ${ns(at + 9000)}\nlast ${ns(at)}x`])(
    '%j is an error',
    (lines) => {
      expect(judged(clock, {}, lines, { askedMs: at, answeredMs: at }).state).toBe('error');
    },
  );

  test('a clock that was set meanwhile is an error', () => {
    const told = `first ${ns(at)}\nlast ${ns(at + 60_000)}`;
    expect(judged(clock, {}, told, { askedMs: at, answeredMs: at + 100 }).state).toBe('error');
  });

  test.each(shells)('the probe in %s finds that this machine has the time of this machine', (shell) => {
    const { state, message, measures } = probedAndJudged(clock, { synchronised: 'ignored' }, { shell });
    expect(message).toMatch(/^the clock is [\d.]+ s (ahead of|behind) this machine, give or take [\d.]+ s$/);
    expect(state).toBe('pass');
    expect(measures![0]!.value).toBeLessThanOrEqual(measures![1]!.value);
  });

  test.each(shells)('who keeps the clock is asked by its own program, in %s', (shell) => {
    const folder = mkdtempSync(join(tmpdir(), 'oaops-clock-'));
    const programs = ['chronyc', 'timedatectl', 'ntpq'];
    const told = (program: string, output: string, code = 0) => {
      for (const name of programs) rmSync(join(folder, name), { force: true });
      writeFileSync(join(folder, program), `#!/bin/sh\ncat <<'END'\n${output}\nEND\nexit ${code}\n`);
      chmodSync(join(folder, program), 0o755);
      const without = programs.filter((name) => name !== program);
      const found = probedAndJudged(clock, { synchronised: 'required' }, { shell, path: folder, without });
      return [found.state, found.state === 'pass' ? found.details![0] : found.message];
    };
    try {
      const unknown = ['error', 'nothing on the host tells whether the clock is synchronised'];
      expect(told('chronyc', 'Stratum         : 3\nLeap status     : Normal')).toEqual([
        'pass',
        'synchronised, says chronyc',
      ]);
      expect(told('chronyc', 'Stratum         : 0\nLeap status     : Not synchronised')).toEqual([
        'fail',
        'the clock is not synchronised, says chronyc',
      ]);
      expect(told('chronyc', '506 Cannot talk to daemon', 1)).toEqual(unknown);
      expect(told('timedatectl', ' NTP enabled: yes\nNTP synchronized: yes')[0]).toBe('pass');
      expect(told('timedatectl', 'System clock synchronized: no\n NTP service: active')[0]).toBe('fail');
      expect(told('timedatectl', 'something else')).toEqual(unknown);
      const peers = '     remote           refid      st t when poll reach\n==================';
      expect(told('ntpq', `${peers}\n*192.0.2.1   .GPS.   1 u   33   64  377`)[0]).toBe('pass');
      expect(told('ntpq', `${peers}\n 192.0.2.1   .INIT.  16 u    -   64    0`)[0]).toBe('fail');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
