import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { oom } from '../../../src/inspect/checks/oom.ts';
import { isRoot, judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const now = 1_796_018_582;
const told = (more: string, since = now - 3600) => `now ${now}\nsince ${since}\nup 5000.25\nboot b-1\n${more}`;
const java = 'Out of memory: Killed process 4321 (java) total-vm:8388608kB, anon-rss:7340032kB, UID:1000';

describe('oom', () => {
  test('goes by the counter of the kernel since the last run', () => {
    const kept = { boot: 'b-1', kills: 3, atS: now - 3600 };
    expect(judged(oom, {}, told('kills 3\nsource journal'), { kept })).toMatchObject({
      state: 'pass',
      message: 'no process was killed for want of memory',
      keep: { boot: 'b-1', kills: 3, atS: now },
    });
    expect(judged(oom, {}, told('kills 5'), { kept })).toMatchObject({
      state: 'fail',
      message: 'processes killed for want of memory: 2',
      measures: [{ name: 'kills', value: 2, fail: '0' }],
    });
    // After a start it counts anew.
    expect(judged(oom, {}, told('kills 1'), { kept: { ...kept, boot: 'b-0' } }).measures![0]!.value).toBe(1);
    expect(judged(oom, {}, told('kills 2')).measures![0]!.value).toBe(2);
  });

  test('names what was killed, by the journal or dmesg', () => {
    const lines = `log ${now - 60}.123456 vm kernel: ${java}\nlog ${now - 50}.1 vm kernel: Memory cgroup out of memory: Killed process 5 (java)\nlog ${now - 40}.1 vm kernel: Killed process 6 (node)`;
    expect(judged(oom, {}, told(`source journal\n${lines}`))).toMatchObject({
      state: 'fail',
      message: 'processes killed for want of memory: 3, among them java (2), node',
      details: [`kernel: ${java}`, expect.anything(), expect.anything()],
    });
    const dmesg = `log [  100.000001] ${java}\nlog [ 4900.5] Killed process 9 (php-fpm)`;
    expect(judged(oom, {}, told(`source dmesg\n${dmesg}`))).toMatchObject({
      message: 'processes killed for want of memory: 1, among them php-fpm',
    });
  });

  test.each(['', told(''), told('kills x'), 'kills 3'])('%j is an error', (lines) => {
    expect(judged(oom, {}, lines).state).toBe('error');
  });

  test.skipIf(!isRoot).each(shells)('the probe in %s', (shell) => {
    const vmstat = readFileSync('/proc/vmstat', 'utf8').replace(/^oom_kill .*\n/m, '');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const kept = { boot, kills: 7, atS: Math.floor(Date.now() / 1000) };
    const world = { shell, kept, over: { '/proc/vmstat': `${vmstat}oom_kill 9\n` }, without: ['journalctl', 'dmesg'] };
    expect(probedAndJudged(oom, {}, world)).toMatchObject({ state: 'fail', measures: [{ value: 2 }] });
    const none = { ...world, over: { '/proc/vmstat': vmstat } };
    expect(probedAndJudged(oom, {}, none).state).toBe('error');
  });
});
