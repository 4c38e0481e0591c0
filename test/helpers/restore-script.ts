import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const restoreScript = fileURLToPath(new URL('../../templates/restore/restore-v1.sh', import.meta.url));

/** What README-RESTORE.txt says the script needs; nothing else is on its path. */
const stockTools = [
  ...[
    'cat',
    'chmod',
    'chown',
    'cp',
    'cut',
    'dd',
    'df',
    'head',
    'id',
    'ln',
    'mkdir',
    'mktemp',
    'mv',
    'od',
    'rm',
    'sha256sum',
    'sort',
    'split',
    'sync',
  ],
  ...[
    'tac',
    'tail',
    'touch',
    'tr',
    'truncate',
    'uniq',
    'wc',
    'yes',
    'find',
    'xargs',
    'tar',
    'zstd',
    'age',
    'setfattr',
    'setfacl',
  ],
];

/** Path of a program of this machine, or undefined. */
export function which(name: string): string | undefined {
  for (const folder of ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin']) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** A folder with links to the stock tools and to one awk; `without` leaves some out. */
export function stockFolder(dir: string, awk = 'awk', without: readonly string[] = []): string {
  mkdirSync(dir, { recursive: true });
  for (const tool of stockTools) {
    const path = which(tool);
    if (path && !without.includes(tool)) symlinkSync(path, join(dir, tool));
  }
  const path = which(awk);
  if (path && !without.includes('awk')) symlinkSync(path, join(dir, 'awk'));
  return dir;
}

export interface ScriptResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the script with nothing but `path` on the PATH; as another user when `uid` is given. */
export function runRestore(
  args: readonly string[],
  options: {
    path: string;
    shell?: readonly string[];
    uid?: number;
    cwd?: string;
    script?: string;
    env?: Record<string, string>;
  },
): ScriptResult {
  const [shell = '/bin/sh', ...shellArgs] = options.shell ?? [];
  // Another user may not be able to read this source tree, when it lies in root's home for example.
  const open = options.uid === undefined ? undefined : mkdtempSync(join(tmpdir(), 'oaops-script-'));
  let script = options.script ?? restoreScript;
  if (open) {
    chmodSync(open, 0o755);
    copyFileSync(script, join(open, 'restore.sh'));
    chmodSync(join(open, 'restore.sh'), 0o644);
    script = join(open, 'restore.sh');
  }
  const done = spawnSync(shell, [...shellArgs, script, ...args], {
    env: { PATH: options.path, ...options.env },
    cwd: options.cwd ?? '/',
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  if (open) rmSync(open, { recursive: true });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

/** What rsync would have to change in `copy` to make it equal to `original`: nothing, for an exact restore. */
export function treeDifferences(original: string, copy: string, flags = '-aHAX'): string {
  const args = [flags, '--modify-window=-1', '-n', '--checksum', '--delete', '-i', `${original}/`, `${copy}/`];
  const done = spawnSync('rsync', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return done.stdout + done.stderr;
}
