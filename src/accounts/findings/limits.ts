import type { DirectorySpec } from '../schema/directories.ts';
import { tellAge } from './days.ts';

/** lastLogonTimestamp is written 9 to 14 days late: below this nothing can be told from it. */
export const activeDirectoryLeastMs = 30 * 86_400_000;

/** A threshold for the last use in a directory, and how it is told; raised where the directory is too slow for it. */
export function useLimit(spec: Pick<DirectorySpec, 'type'>, wantedMs: number): { ms: number; figure: string } {
  if (spec.type !== 'active-directory' || wantedMs >= activeDirectoryLeastMs)
    return { ms: wantedMs, figure: tellAge(wantedMs) };
  return {
    ms: activeDirectoryLeastMs,
    figure: `${tellAge(activeDirectoryLeastMs)} (raised from ${tellAge(wantedMs)})`,
  };
}
