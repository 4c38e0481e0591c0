import { constants } from 'node:fs';
import { access, link, mkdtemp, open, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../../core/errors.ts';
import { formatSize } from '../../../core/units.ts';
import { readAttributes } from '../../legs/write-once.ts';
import { type Finding, type LegProbe, lost, note, ok } from '../finding.ts';

/** File systems that keep less than a backup relies on. */
const weak: Record<string, { name: string; lost: string }> = {
  nfs: {
    name: 'NFS',
    lost: 'write errors may show late, and links whose answer was lost are repeated; mount it "hard"',
  },
  cifs: {
    name: 'SMB/CIFS',
    lost: 'hard links and syncing of folders may be missing: a power cut can lose the last objects',
  },
  vfat: {
    name: 'FAT',
    lost: 'no hard links, no modes, no file above 4 GiB: two writers at one instant can both win, and everybody reads it',
  },
  exfat: {
    name: 'exFAT',
    lost: 'no hard links, no modes, no journal: two writers at one instant can both win, and everybody reads it',
  },
  fuse: { name: 'FUSE', lost: 'what it keeps after a power cut depends on the program behind it' },
  tmpfs: { name: 'tmpfs', lost: 'everything is gone with the next boot' },
  overlay: { name: 'overlayfs', lost: 'in a container everything is gone with it' },
};

/** What lies under a folder, and what it promises. */
export async function probeFolder({ store }: LegProbe): Promise<Finding[]> {
  if (store.kind !== 'directory') return [];
  const root = store.location;
  return [
    ...(await fileSystem(root)),
    ...(await room(root)),
    ...(await calls(root)),
    ...(await rights(root)),
    ...(await attributes(root)),
  ];
}

async function fileSystem(root: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const type = await typeOf(root);
  const found =
    type && (weak[type] ?? weak[type.replace(/\d+$/, '')] ?? (type.startsWith('fuse') ? weak['fuse'] : undefined));
  if (found) findings.push(lost('folder', `the folder lies on ${found.name}`, found.lost));
  else if (type) findings.push(ok('folder', `the folder lies on ${type}`));
  const [here, system] = await Promise.all([stat(root), stat('/')]);
  if (here.dev === system.dev)
    findings.push(
      note(
        'folder',
        'the folder lies on the file system of the machine itself: with its disk both are lost',
        'Mount another disk there, or keep a second leg elsewhere.',
      ),
    );
  return findings;
}

/** Type of the mount with the longest path above the folder (proc_pid_mounts(5)); undefined where there is no such file. */
async function typeOf(root: string): Promise<string | undefined> {
  const text = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  let best: { at: string; type: string } | undefined;
  for (const line of text.split('\n')) {
    const [, at = '', type = ''] = line
      .split(' ')
      .map((field) =>
        field.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))),
      );
    const inside = at === '/' || root === at || root.startsWith(`${at}/`);
    // Of two mounts at one place the later one is seen.
    if (at !== '' && inside && at.length >= (best?.at.length ?? 0)) best = { at, type };
  }
  return best?.type;
}

async function room(root: string): Promise<Finding[]> {
  const { blocks, bavail, bsize, files, ffree } = await statfs(root);
  const free = bavail * bsize;
  const findings: Finding[] = [];
  if (blocks > 0 && (bavail / blocks < 0.1 || free < 2 * 1024 ** 3))
    findings.push(
      lost(
        'folder',
        `only ${formatSize(free)} of ${formatSize(blocks * bsize)} are free`,
        'one of the next backups may fill it',
        'Make room, or prune.',
      ),
    );
  else findings.push(ok('folder', `${formatSize(free)} of ${formatSize(blocks * bsize)} are free`));
  // Btrfs and others make inodes as needed and say 0.
  if (files > 0 && ffree / files < 0.05)
    findings.push(
      lost(
        'folder',
        `only ${ffree} of ${files} inodes are free`,
        'no file can be made when there are none',
        'Make room, or prune.',
      ),
    );
  return findings;
}

/** fsync, hard links, rename and names, tried in a folder of their own that is removed. */
async function calls(root: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const dir = await mkdtemp(join(root, '.probe-'));
  const tried = async (what: () => Promise<unknown>): Promise<string | undefined> => {
    try {
      await what();
      return undefined;
    } catch (error) {
      return errnoOf(error) ?? String(error);
    }
  };
  try {
    await writeFile(join(dir, 'one'), 'one');
    const sync = await tried(async () => {
      for (const path of [join(dir, 'one'), dir]) {
        const handle = await open(path, 'r');
        await handle.sync().finally(() => handle.close());
      }
    });
    if (sync)
      findings.push(
        lost(
          'folder',
          `files or folders cannot be synced (${sync})`,
          'a power cut can lose objects that were counted as stored',
        ),
      );
    const linked = await tried(() => link(join(dir, 'one'), join(dir, 'two')));
    if (linked)
      findings.push(
        lost(
          'folder',
          `there are no hard links (${linked})`,
          'of two writers to one name at the same instant both may win',
          'Run prune on one machine only, when no backup runs.',
        ),
      );
    const renamed = await tried(() => rename(join(dir, 'one'), join(dir, 'three')));
    if (renamed) findings.push(lost('folder', `files cannot be renamed (${renamed})`, 'objects cannot be stored'));
    await writeFile(join(dir, 'case'), '');
    if ((await tried(() => access(join(dir, 'CASE')))) === undefined)
      findings.push(
        note(
          'folder',
          'names that differ in case only are the same here; names of the repository do not, so nothing is lost',
        ),
      );
    if (!sync && !linked && !renamed) findings.push(ok('folder', 'syncing, hard links and renaming work'));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return findings;
}

async function rights(root: string): Promise<Finding[]> {
  const { mode } = await stat(root);
  const findings: Finding[] = [];
  if (mode & 0o022)
    findings.push(
      lost(
        'folder',
        `others may write to the folder (mode ${(mode & 0o7777).toString(8)})`,
        'they can delete the backups',
        `Close it to others with "chmod 700 ${root}".`,
      ),
    );
  else if (mode & 0o055)
    findings.push(
      note(
        'folder',
        `others may look into the folder (mode ${(mode & 0o7777).toString(8)})`,
        `Close it to others with "chmod 700 ${root}".`,
      ),
    );
  const writable = await access(root, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable) findings.push(lost('folder', 'this user may not write to the folder', 'no backup can be stored'));
  return findings;
}

async function attributes(root: string): Promise<Finding[]> {
  const packs = join(root, 'packs');
  const found = await readAttributes(packs);
  if (found?.appendOnly) return [ok('folder', 'stored packs cannot be deleted or changed (chattr +a, +i)')];
  return [
    note(
      'folder',
      'who may write to the folder may delete the backups',
      'As root, "immutable: true" in the configuration of the leg protects what is stored.',
    ),
  ];
}
