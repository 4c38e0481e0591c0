import { errnoOf } from '../../core/errors.ts';
import type { Entry } from '../format/entry.ts';

const setuid = 0o4000;
const setgid = 0o2000;

/** Runs a chown. False when this user may not give files away, or the user namespace does not know the number. */
export function ownerWasSet(chown: () => void): boolean {
  try {
    chown();
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EPERM' || errnoOf(error) === 'EINVAL') return false;
    throw error;
  }
}

/** A program that runs as its owner must never run as another one than the one stored. */
export function withoutOwnerBits(mode: number): number {
  return mode & ~(setuid | setgid);
}

/** The mode of an object that keeps the owner of who restores: special bits only where that is the stored one. */
export function modeAsOwn({ mode, uid, gid }: Pick<Entry, 'mode' | 'uid' | 'gid'>): number {
  const lost = (uid === process.geteuid?.() ? 0 : setuid) | (gid === process.getegid?.() ? 0 : setgid);
  return mode & ~lost;
}

/** Whether an object that keeps the owner of who restores has another one than the one stored. */
export function isForeign({ uid, gid }: Pick<Entry, 'uid' | 'gid'>): boolean {
  return uid !== process.geteuid?.() || gid !== process.getegid?.();
}
