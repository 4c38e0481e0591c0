import { describe, expect, test } from 'vitest';
import { disk } from '../../../src/inspect/checks/disk.ts';
import { isRoot, judged, probed, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const head = 'Filesystem 1024-blocks Used Available Capacity Mounted on\n';
const root = '/dev/vda1 1000000 500000 400000 56% /\n';

describe('what df says', () => {
  test.each([
    [{}, `${head}${root}`, 'pass', '/ 55.6 % used, 390.6 MiB left'],
    [{ warn: 50 }, `${head}${root}`, 'warn', '/ 55.6 % used, 390.6 MiB left'],
    [{ paths: ['/a', '/b'] }, `${head}${root}${head}${root}`, 'pass', '/ 55.6 % used, 390.6 MiB left'],
    [{}, `${head}${root}/dev/vdb 1000 950 50 95% /srv/my data\n`, 'fail', '/srv/my data 95 % used, 50.0 KiB left'],
    [{ except: ['/srv'] }, `${head}${root}/dev/vdb 1000 950 50 95% /srv\n`, 'pass', '/ 55.6 % used, 390.6 MiB left'],
    [
      { what: 'inodes' },
      `${head}/dev/vda1 1000 990 10 99% /\n/dev/vdb - - - - /btrfs\n`,
      'fail',
      '/ 99 % used, 10 inodes left',
    ],
    [{}, `${head}tmpfs 100 100 0 100% /run\n`, 'not-applicable', 'no filesystem to look at is left'],
    [{}, 'welcome\n', 'error', 'df named no filesystem'],
  ])('%o', (args, said, state, message) => {
    expect(judged(disk, args, said)).toMatchObject({ state, message });
  });

  test('an image that is full by nature is no disk, whatever its device is called', () => {
    const snap = '/dev/loop3 100 100 0 100% /snap/core/1\ndata 100 100 0 100% /in memory\n';
    const types = 'types\n/ ext4\n/snap/core/1 squashfs\n/in\\040memory tmpfs\n';
    expect(judged(disk, {}, `${head}${root}${snap}${types}`).state).toBe('pass');
    expect(judged(disk, {}, `${head}${root}${snap}`).state).toBe('fail');
    expect(judged(disk, { paths: ['/snap/core/1'] }, `${head}${snap}`).state).toBe('fail');
  });
});

describe.each(shells)('%s', (shell) => {
  test('tells the disks of this machine', () => {
    const { measures, message } = probedAndJudged(disk, { warn: 100, fail: 100 }, { shell });
    expect(message).toMatch(/% used|no filesystem to look at/);
    for (const { value, unit } of measures ?? []) {
      expect(unit).toBe('%');
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(100);
    }
    expect(probed(disk, { what: 'inodes' }, { shell }).exitCode).toBe(0);
    expect(probedAndJudged(disk, { paths: ['/no such'] }, { shell })).toMatchObject({ state: 'error' });
  });

  test.skipIf(!isRoot)('a full filesystem is found by its path, and one of memory only so', () => {
    const before = 'mount -t tmpfs -o size=1m data /mnt\nhead -c 1000000 /dev/zero >/mnt/filler';
    const full = probedAndJudged(disk, { paths: ['/mnt'] }, { shell, before });
    expect(full).toMatchObject({ state: 'fail', message: expect.stringMatching(/^\/mnt 9\d(\.\d)? % used, /) });
    const all = probedAndJudged(disk, { warn: 100, fail: 100 }, { shell, before });
    expect((all.measures ?? []).map(({ name }) => name)).not.toContain('/mnt');
  });
});

test('a filesystem that is not understood may be the full one', () => {
  expect(judged(disk, {}, `${head}${root}/dev/vdb 1000 -950 50 95% /srv\n`)).toMatchObject({
    state: 'error',
    message: 'what df says of the filesystems is not understood',
  });
});
