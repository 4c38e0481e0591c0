import { z } from 'zod';
import { inFull, inShort } from '../judging/in-short.ts';
import { levelKey } from '../judging/level.ts';
import type { HostCheckType } from '../types.ts';

const pathSchema = z.string().regex(/^\//, { error: 'not an absolute path' });
const withSchema = z.strictObject({
  expected: z
    .array(
      z.strictObject({
        path: pathSchema,
        type: z.string().min(1).optional().describe('Such as ext4, xfs, nfs4.'),
        source: z.string().min(1).optional().describe('Device or export, as /proc/mounts has it.'),
        options: z.array(z.string().min(1)).default([]).describe('Each of them is set, such as noexec, nosuid, rw.'),
      }),
    )
    .default([])
    .describe('What must be mounted.'),
  fstab: z
    .boolean()
    .default(true)
    .describe('Everything that /etc/fstab mounts at the start must be mounted; noauto and nofail are not looked at.'),
  readOnly: z
    .boolean()
    .default(true)
    .describe(
      'Disks that are mounted for reading only fail, unless /etc/fstab says so: the kernel does it after errors.',
    ),
  except: z.array(pathSchema).default([]).describe('Mount points that may be for reading only, or not mounted.'),
  level: levelKey('fail'),
});
type With = z.infer<typeof withSchema>;

interface Mount {
  source: string;
  path: string;
  type: string;
  options: string[];
}

/** More are not read. */
const mostMounts = 3000;

/** Filesystems that are written to unless something is wrong. */
const writable =
  /^(ext[234]|xfs|btrfs|bcachefs|f2fs|jfs|reiserfs|zfs|vfat|exfat|ntfs3?|fuseblk|nfs4?|cifs|smb3|ocfs2|gfs2|ceph|glusterfs|fuse\.(glusterfs|ceph))$/;

/** Mounts that should be there, and disks that the kernel made read-only. */
export const mounts: HostCheckType<With> = {
  name: 'mounts',
  place: 'host',
  title: { en: 'Mounts', 'zh-CN': '挂载点' },
  withSchema,
  probe: `
[ -r /proc/self/mounts ] || deny "/proc/self/mounts cannot be read"
echo mounts
head -n ${mostMounts + 1} /proc/self/mounts | cut -c 1-2000
echo fstab
[ ! -e /etc/fstab ] || [ -r /etc/fstab ] || deny "/etc/fstab cannot be read"
[ ! -e /etc/fstab ] || grep -v '^[[:space:]]*\\(#\\|$\\)' /etc/fstab | head -n 500
exit 0`,
  words: () => [],
  judge({ expected, fstab, readOnly, except, level }, { lines, truncated }) {
    const split = lines.indexOf('fstab');
    const found = lines.slice(1, split).map(mountOf);
    if (lines[0] !== 'mounts' || split < 2 || split > mostMounts + 1 || truncated || found.includes(undefined))
      return { state: 'error', message: 'the host did not tell its mounts' };
    // Of several at one place, the last one is seen.
    const byPath = new Map((found as Mount[]).map((mount) => [mount.path, mount]));
    const written = lines.slice(split + 1).flatMap((line) => mountOf(line) ?? []);
    const wrong = [
      ...expected.flatMap((one) => compared(one, byPath.get(trimmed(one.path)))),
      ...(fstab ? written.filter(isWanted).map(({ path }) => path) : [])
        .filter((path) => !byPath.has(path) && !except.includes(path))
        .map((path) => `${path} is in /etc/fstab and is not mounted`),
      ...(readOnly ? [...byPath.values()].filter(isReadOnly) : [])
        .filter(({ path }) => !except.includes(path) && !written.some((one) => one.path === path && isReadOnly(one)))
        .map(({ path, source, type }) => `${path} is read-only (${type} on ${source})`),
    ];
    if (wrong.length === 0) return { state: 'pass', message: `mounts as they should be: ${byPath.size}` };
    return {
      state: level,
      message: inShort(wrong),
      details: inFull(wrong),
      next: 'Look at the kernel log for errors of the disk, and at: findmnt --verify; mount -a.',
    };
  },
};

function mountOf(line: string): Mount | undefined {
  const [source, path, type, options] = line
    .trim()
    .split(/[ \t]+/)
    .map((word) => word.replaceAll(/\\([0-3][0-7]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))));
  if (source === undefined || path === undefined || type === undefined) return undefined;
  return { source, path: trimmed(path), type, options: options?.split(',') ?? [] };
}

function trimmed(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}

function isReadOnly({ type, options }: Mount): boolean {
  // Since Linux 6.15, ext4 tells it by a word of its own.
  return writable.test(type) && (options.includes('ro') || options.includes('emergency_ro'));
}

function isWanted({ path, type, options }: Mount): boolean {
  const waits = ['noauto', 'nofail', 'x-systemd.automount'].some((option) => options.includes(option));
  return path.startsWith('/') && type !== 'swap' && !waits;
}

function compared(wanted: With['expected'][number], mount: Mount | undefined): string[] {
  const { path } = wanted;
  if (!mount) return [`${path} is not mounted`];
  const lacking = wanted.options.filter((option) => !mount.options.includes(option));
  return [
    ...(wanted.type === undefined || wanted.type === mount.type
      ? []
      : [`${path} is ${mount.type}, not ${wanted.type}`]),
    ...(wanted.source === undefined || wanted.source === mount.source
      ? []
      : [`${path} is mounted from ${mount.source}, not ${wanted.source}`]),
    ...(lacking.length === 0 ? [] : [`${path} is mounted without ${lacking.join(', ')}`]),
  ];
}
