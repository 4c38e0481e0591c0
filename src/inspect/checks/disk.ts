import { z } from 'zod';
import { formatSize } from '../../core/units.ts';
import { limitKeys, measured, worst } from '../judging/limits.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({
  paths: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Paths whose filesystems are looked at; absent = every mounted filesystem of a disk.'),
  except: z.array(z.string().min(1)).default([]).describe('Mount points that are left out.'),
  what: z.enum(['space', 'inodes']).default('space').describe('What may run out.'),
  ...limitKeys({ warn: 80, fail: 90 }),
});
type With = z.infer<typeof withSchema>;

/** Filesystems that are no disk: full by nature, or held in memory. */
const notDisks =
  /^(tmpfs|devtmpfs|squashfs|iso9660|udf|overlay|ramfs|efivarfs|none|proc|sysfs|udev|shm|rootfs|autofs)$/;

/** Space or inodes in use, in percent, of each filesystem. */
export const disk: HostCheckType<With> = {
  name: 'disk',
  place: 'host',
  title: { en: 'Disk space or inodes', 'zh-CN': '磁盘空间或 inode' },
  withSchema,
  probe: `
what=$1
shift
count=$((count - 1))
# df of every mount hangs on a dead NFS server: without paths, only local ones are asked for, where df can tell them apart.
if [ "$count" = 0 ]; then
  local=
  df -l / >/dev/null 2>&1 && local=-l
  case $what in
    inodes) df -P -i $local 2>/dev/null || deny "df cannot tell inodes here" ;;
    *) df -P -k $local ;;
  esac
  code=$?
  # df -P names devices: that a loop holds an image which is full by nature stands here.
  echo types
  cut -d ' ' -f 2,3 /proc/mounts 2>/dev/null
  exit "$code"
else
  code=0
  while [ "$count" -gt 0 ]; do
    case $what in
      inodes) df -P -i -- "$1" || code=1 ;;
      *) df -P -k -- "$1" || code=1 ;;
    esac
    shift
    count=$((count - 1))
  done
  [ "$code" = 0 ] || exit 1
fi`,
  words: ({ what, paths }) => [what, ...(paths ?? [])],
  judge({ paths, except, what, warn, fail }, { lines }) {
    const split = lines.indexOf('types');
    const types = split < 0 ? new Map<string, string>() : typesOf(lines.slice(split + 1));
    const said = lines.slice(0, split < 0 ? undefined : split);
    const rows = said.flatMap((line) => {
      // Device names may contain spaces; five fields stand before the mount point, counted from the figures.
      const match = /^(\S.*?)\s+(\d+|-)\s+(\d+|-)\s+(-?\d+|-)\s+(\d+%|-)\s+(\/.*)$/.exec(line);
      if (!match) return [];
      const [, device = '', total = '', used = '', free = '', , mount = ''] = match;
      return [{ device, total: Number(total), used: Number(used), free: Number(free), mount }];
    });
    // A filesystem that is not understood may be the full one.
    const told = said.filter((line) => !/^(Filesystem\s|\s*$)/.test(line)).length;
    if (rows.length > 0 && told > rows.length)
      return { state: 'error', message: 'what df says of the filesystems is not understood' };
    const seen = new Set<string>();
    const looked = rows.filter(({ device, mount, total }) => {
      if (seen.has(mount) || except.includes(mount)) return false;
      seen.add(mount);
      // Some filesystems have no inodes to run out of.
      if (!(total > 0)) return false;
      return paths !== undefined || !(notDisks.test(device) || notDisks.test(types.get(mount) ?? ''));
    });
    if (looked.length === 0) {
      return rows.length === 0
        ? { state: 'error', message: 'df named no filesystem' }
        : { state: 'not-applicable', message: 'no filesystem to look at is left' };
    }
    const each = looked.map(({ mount, used, free, total }) => {
      // As df counts it: of what users can have, without the reserve of root.
      const usable = what === 'space' && used + free > 0 ? used + free : total;
      const percent = Math.ceil((used / usable) * 1000) / 10;
      const { measure, state } = measured({ name: mount, value: percent, unit: '%', min: 0, max: 100 }, { warn, fail });
      const text =
        what === 'space'
          ? `${mount} ${percent} % used, ${formatSize(free * 1024)} left`
          : `${mount} ${percent} % used, ${free} inodes left`;
      return { measure, state, percent, text };
    });
    const fullest = each.reduce((a, b) => (b.percent > a.percent ? b : a));
    const bad = each.filter(({ state }) => state !== 'pass');
    return {
      state: worst(each.map(({ state }) => state)),
      message: (bad.length === 0 ? [fullest] : bad).map(({ text }) => text).join('; '),
      measures: each.map(({ measure }) => measure),
      ...(bad.length > 0
        ? {
            next: 'Look for what grows: du -xh --max-depth=1 on the mount point, old logs, deleted files that are still open.',
          }
        : {}),
    };
  },
};

/** Types of filesystems by their mount point; of several at one place, the last one is seen. */
function typesOf(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.map((line) => {
      const [path = '', type = ''] = line.split(' ');
      return [path.replaceAll(/\\([0-3][0-7]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))), type];
    }),
  );
}
