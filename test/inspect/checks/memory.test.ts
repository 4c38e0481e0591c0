import { describe, expect, test } from 'vitest';
import { memory } from '../../../src/inspect/checks/memory.ts';
import { swap } from '../../../src/inspect/checks/swap.ts';
import { isRoot, judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const debian = `
MemTotal: 16384000 kB
MemFree: 1024000 kB
MemAvailable: 4096000 kB
Buffers: 100 kB
Cached: 3000000 kB
SwapCached: 0 kB
SwapTotal: 2000000 kB
SwapFree: 500000 kB
Shmem: 1000 kB
SReclaimable: 5000 kB`;
const centos6 = `
MemTotal: 1000000 kB
MemFree: 100000 kB
Buffers: 50000 kB
Cached: 200000 kB
SwapTotal: 0 kB
SwapFree: 0 kB
Shmem: 150000 kB
SReclaimable: 10000 kB`;

describe('memory', () => {
  test('goes by what the kernel says is available', () => {
    expect(judged(memory, {}, debian)).toMatchObject({
      state: 'pass',
      message: 'memory 75 % used, 3.9 GiB of 15.6 GiB available',
      measures: [
        { name: 'used', value: 75, unit: '%', warn: '85', fail: '95' },
        { name: 'available', value: 4096000 * 1024, unit: 'B' },
      ],
    });
    expect(judged(memory, { warn: 70 }, debian).state).toBe('warn');
  });

  test('of an old kernel is estimated, and says so', () => {
    expect(judged(memory, {}, centos6)).toMatchObject({
      state: 'pass',
      message: 'memory 79 % used, 205.1 MiB of 976.6 MiB available',
      details: [expect.stringContaining('estimated')],
    });
  });

  test.each([
    '',
    'MemTotal: 0 kB\nMemAvailable: 0 kB',
    'MemTotal: 100 kB\nMemAvailable: 200 kB',
    'MemTotal: 100 kB\nMemFree: 20 kB',
    'MemTotal: 100 MB\nMemAvailable: 1 MB',
    'MemTotal: x kB',
  ])('%j is an error', (lines) => {
    expect(judged(memory, {}, lines).state).toBe('error');
  });

  test.each(shells)('the probe in %s', (shell) => {
    const answer = probedAndJudged(memory, { warn: 100, fail: 100 }, { shell });
    expect(answer.state).toBe('pass');
    expect(answer.message).toMatch(/^memory [\d.]+ % used, [\d.]+ \w+ of [\d.]+ \w+ available$/);
  });
});

describe('swap', () => {
  test('is judged by what is used of it', () => {
    expect(judged(swap, {}, debian)).toMatchObject({
      state: 'warn',
      message: 'swap 75 % used, 488.3 MiB of 1.9 GiB free',
      measures: [{ name: 'used', value: 75 }],
    });
  });

  test('that is not there is a failure only where it is required', () => {
    expect(judged(swap, {}, centos6).state).toBe('not-applicable');
    expect(judged(swap, { required: true }, centos6).state).toBe('fail');
  });

  test.each(['', 'SwapTotal: 5 kB', 'SwapTotal: 5 kB\nSwapFree: 6 kB', 'nonsense'])('%j is an error', (lines) => {
    expect(judged(swap, {}, lines).state).toBe('error');
  });

  test.skipIf(!isRoot).each(shells)('the probe in %s reads what the kernel says', (shell) => {
    const meminfo = 'MemTotal:       100 kB\nHugePages_Total:       0\nSwapTotal:    1000 kB\nSwapFree:      100 kB\n';
    expect(probedAndJudged(swap, {}, { shell, over: { '/proc/meminfo': meminfo } })).toMatchObject({
      state: 'fail',
      measures: [{ value: 90 }],
    });
  });
});
