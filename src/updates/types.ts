import { OaopsError } from '../core/errors.ts';

/** Package managers of a system, found on the host itself. */
export const systemManagers = ['apt', 'dnf', 'yum', 'zypper'] as const;
export type SystemManager = (typeof systemManagers)[number];

/** What a command of the user's own prints: `npm outdated --json`, `pip list --outdated --format json`. */
export const commandFormats = ['npm', 'pip'] as const;
export type CommandFormat = (typeof commandFormats)[number];

/** One thing that can be brought up to date. What the package manager does not tell is null, never "no". */
export interface Update {
  name: string;
  /** zypper knows security by its patches, which stand beside the packages that they bring. */
  kind: 'package' | 'patch';
  installed: string | null;
  available: string | null;
  security: boolean | null;
  /** As the distribution says it: critical, important, moderate, low. */
  severity: string | null;
  cves: string[] | null;
  /** A person told the package manager to leave it as it is. */
  held: boolean;
}

/** What one host has pending. */
export interface Pending {
  updates: Update[];
  /** Packages that are locked; dnf, yum and zypper say nothing of their updates. */
  locked: string[];
  reboot: 'needed' | 'not-needed' | 'unknown';
  /** How long ago the host fetched its package lists, by its own clock; null = nobody knows. */
  listsAgeSeconds: number | null;
  /** Why it is not told of each update whether it is for security; null = where it is. */
  unratedReason: string | null;
  /** Lines of the package manager that are neither understood nor known to say nothing: something may be missing. */
  notUnderstood: string[];
}

/** A host of which nobody can say what is pending: never the same as "nothing is pending". */
export function unknown(why: string, next?: string): OaopsError {
  return new OaopsError('updates-unknown', why, next === undefined ? {} : { next });
}
