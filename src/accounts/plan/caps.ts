import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { Caps } from '../schema/rules.ts';

/** How much a run would change in one directory. */
export interface CapCount {
  directory: string;
  /** Accounts of persons that are not disabled. */
  enabled: number;
  /** Accounts of persons that would be disabled, stripped or moved. */
  changed: number;
  /** Accounts of other kinds that would be changed. */
  others: number;
  /** Accounts that would be deleted. */
  deleted: number;
}

/** Counts of one run, by directory. */
export class CapCounts {
  readonly #counts = new Map<string, CapCount>();

  of(directory: string): CapCount {
    const count = this.#counts.get(directory) ?? { directory, enabled: 0, changed: 0, others: 0, deleted: 0 };
    this.#counts.set(directory, count);
    return count;
  }

  all(): CapCount[] {
    return [...this.#counts.values()];
  }
}

export type CapVerdict =
  | { verdict: 'ok' }
  /** A second person has to agree; the figures, for people. */
  | { verdict: 'second-person'; reasons: string[] }
  /** So many that the data must be wrong: refused, whoever signs. */
  | { verdict: 'refuse'; reasons: string[] };

/**
 * Measures a plan against the caps. A share that is less than one account counts as one, unless it is 0%: in a directory of five a single
 * leaver is more than 10 %, and nothing would ever be cleaned up there without a second person.
 */
export function checkCaps(caps: Caps, counts: readonly CapCount[]): CapVerdict {
  const refuse: string[] = [];
  const second: string[] = [];
  for (const { directory, enabled, changed, deleted } of counts) {
    if (changed > allowed(caps.refuse, enabled))
      refuse.push(`${directory}: ${changed} of ${enabled} accounts of persons, more than ${caps.refuse}`);
    // Deletions were changes once, and those were few enough to be believed; they still are no small thing.
    else if (changed + deleted > allowed(caps.share, enabled))
      second.push(`${directory}: ${changed + deleted} of ${enabled} accounts of persons, more than ${caps.share}`);
  }
  if (refuse.length > 0) return { verdict: 'refuse', reasons: refuse };
  const total = counts.reduce((sum, { changed, others, deleted }) => sum + changed + others + deleted, 0);
  if (total > caps.count) second.push(`in all ${total} accounts, more than ${caps.count}`);
  return second.length > 0 ? { verdict: 'second-person', reasons: second } : { verdict: 'ok' };
}

/** The error of a plan that is refused (exit 4). */
export function capRefused(reasons: readonly string[]): OaopsError {
  return new OaopsError('too-many-changes', `so many changes are an error of the data: ${reasons.join('; ')}`, {
    exitCode: ExitCode.refused,
    next: 'Look at the sources: a roster that lost its people says that they have left. Nothing was changed.',
    details: { reasons },
  });
}

function allowed(share: string, enabled: number): number {
  const percent = Number.parseInt(share, 10);
  return percent === 0 ? 0 : Math.max(1, Math.floor((percent * enabled) / 100));
}
