import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf, OaopsError } from '../../core/errors.ts';

const run = promisify(execFile);

/** How a folder keeps what was stored there. */
export interface FolderProtection {
  /** Objects are refused to be deleted by this program. */
  appendOnly?: boolean;
  /** Objects get the attribute `i` and their folders `a` (chattr(1)): nobody changes or deletes them before a root takes it off. */
  immutable?: boolean;
  /** Deleting takes the attributes off first; for prune. */
  lift?: boolean;
}

/** Sets or takes off an attribute of files and folders. @throws OaopsError `immutable-unsupported` */
export async function changeAttributes(change: '+i' | '-i' | '+a' | '-a', paths: readonly string[]): Promise<void> {
  try {
    await run('chattr', [change, '--', ...paths], { env: { ...process.env, LC_ALL: 'C' } });
  } catch (error) {
    throw new OaopsError('immutable-unsupported', `chattr ${change} failed for ${paths[0]}: ${firstLine(error)}`, {
      next: 'It needs root, the package e2fsprogs, and a file system such as ext4, XFS or Btrfs; else take "immutable" out of the configuration.',
      cause: error,
    });
  }
}

/** The attributes `i` and `a` of a file or folder; undefined when they cannot be read. */
export async function readAttributes(path: string): Promise<{ immutable: boolean; appendOnly: boolean } | undefined> {
  try {
    const { stdout } = await run('lsattr', ['-d', '--', path], { env: { ...process.env, LC_ALL: 'C' } });
    const flags = stdout.split(' ')[0] ?? '';
    return { immutable: flags.includes('i'), appendOnly: flags.includes('a') };
  } catch {
    return undefined;
  }
}

function firstLine(error: unknown): string {
  const stderr = (error as { stderr?: string }).stderr?.trim().split('\n')[0];
  return stderr || messageOf(error);
}
