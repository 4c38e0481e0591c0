import { describe, expect, test } from 'vitest';
import { mounts } from '../../../src/inspect/checks/mounts.ts';
import { isRoot, judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const told = (lines: string, fstab = '') => `
mounts
/dev/sda1 / ext4 rw,relatime,errors=remount-ro 0 0
proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0
tmpfs /sys/fs/cgroup tmpfs ro,nosuid,nodev,noexec,mode=755 0 0
/dev/loop0 /snap/core squashfs ro,nodev,relatime 0 0
${lines}
fstab
UUID=1-2 / ext4 errors=remount-ro 0 1
UUID=3 none swap sw 0 0
${fstab}`;

describe('mounts', () => {
  test('pass when nothing is amiss', () => {
    expect(judged(mounts, {}, told('/dev/sdb1 /data xfs rw,noexec 0 0', 'LABEL=data /data/ xfs defaults 0 0'))).toEqual(
      {
        state: 'pass',
        message: 'mounts as they should be: 5',
      },
    );
  });

  test('a disk that the kernel made read-only fails, one that fstab has so does not', () => {
    expect(judged(mounts, {}, told('/dev/sdb1 /data xfs ro,relatime 0 0'))).toMatchObject({
      state: 'fail',
      message: '/data is read-only (xfs on /dev/sdb1)',
    });
    expect(judged(mounts, {}, told('/dev/sdb1 /data ext4 rw,emergency_ro 0 0')).state).toBe('fail');
    expect(judged(mounts, {}, told('/dev/sdb1 /data xfs ro 0 0', '/dev/sdb1 /data xfs ro 0 2')).state).toBe('pass');
    expect(judged(mounts, { except: ['/data'] }, told('/dev/sdb1 /data xfs ro 0 0')).state).toBe('pass');
    expect(judged(mounts, { readOnly: false }, told('/dev/sdb1 /data xfs ro 0 0')).state).toBe('pass');
  });

  test('what fstab mounts at the start must be mounted', () => {
    const fstab =
      'nas:/oa /mnt/oa\\040docs nfs4 _netdev 0 0\n/dev/sr0 /cd udf noauto 0 0\n/dev/sdz /usb vfat nofail 0 0';
    expect(judged(mounts, { level: 'warn' }, told('x /y ext4 rw 0 0', fstab))).toMatchObject({
      state: 'warn',
      message: '/mnt/oa docs is in /etc/fstab and is not mounted',
    });
    expect(judged(mounts, {}, told('nas:/oa /mnt/oa\\040docs nfs4 rw 0 0', fstab)).state).toBe('pass');
    expect(judged(mounts, { fstab: false }, told('x /y ext4 rw 0 0', fstab)).state).toBe('pass');
  });

  test('expected ones have their type, source and options', () => {
    const expected = [
      { path: '/tmp', options: ['noexec', 'nosuid'] },
      { path: '/data', type: 'xfs', source: '/dev/sdb1' },
      { path: '/gone' },
    ];
    expect(
      judged(mounts, { expected }, told('tmpfs /tmp tmpfs rw,nosuid 0 0\n/dev/sdc1 /data ext4 rw 0 0')),
    ).toMatchObject({
      state: 'fail',
      message: '/tmp is mounted without noexec; and 3 more besides',
      details: [
        '/tmp is mounted without noexec',
        '/data is ext4, not xfs',
        '/data is mounted from /dev/sdc1, not /dev/sdb1',
        '/gone is not mounted',
      ],
    });
    // The last of several at one place is seen.
    const twice = '/dev/sdb1 /data xfs ro 0 0\n/dev/sdb1 /data xfs rw 0 0';
    expect(judged(mounts, { expected: [{ path: '/data', options: ['rw'] }] }, told(twice)).state).toBe('pass');
  });

  test.each(['', 'mounts\nfstab', 'mounts\nnonsense\nfstab', 'mounts\n/dev/sda1 / ext4 rw 0 0'])(
    '%j is an error',
    (lines) => {
      expect(judged(mounts, {}, lines).state).toBe('error');
    },
  );

  test.skipIf(!isRoot).each(shells)('the probe in %s sees what was mounted', (shell) => {
    const before = 'mount -t tmpfs -o ro,noexec none /mnt';
    const over = { '/etc/fstab': '# a comment\n\n/dev/none /nowhere ext4 defaults 0 0\n' };
    const args = { expected: [{ path: '/mnt', type: 'tmpfs', options: ['ro', 'noexec'] }] };
    expect(probedAndJudged(mounts, args, { shell, before, over })).toMatchObject({
      state: 'fail',
      message: '/nowhere is in /etc/fstab and is not mounted',
    });
    expect(probedAndJudged(mounts, { ...args, except: ['/nowhere'] }, { shell, before, over }).state).toBe('pass');
  });
});

test('more mounts than are read are an error', () => {
  const many = (count: number) =>
    told(Array.from({ length: count }, (_, index) => `a /m${index} nfs rw 0 0`).join('\n'));
  expect(judged(mounts, {}, many(2000)).state).toBe('pass');
  expect(judged(mounts, {}, many(3000)).state).toBe('error');
});
