import type { EntryItem } from '../entry/entry.ts';
import { type CapCounts, capRefused, checkCaps } from '../plan/caps.ts';
import type { Caps } from '../schema/rules.ts';
import type { Approval } from './approval.ts';

/** What is done for one person, or for all of a kind. */
export interface PersonPlan {
  changes: EntryItem[];
  approvals: Approval[];
  /** Left alone or still to be done, one line each: the run is incomplete. */
  spared: string[];
  /** Left alone although something is to be done, and by rule. */
  kept: string[];
  notes: string[];
  /** Why so many changes need a second person. */
  secondPerson: string[];
}

export function emptyPlan(): PersonPlan {
  return { changes: [], approvals: [], spared: [], kept: [], notes: [], secondPerson: [] };
}

/** Measures a plan for all against the caps. @throws OaopsError `too-many-changes` (exit 4) */
export function keepWithin(caps: Caps, counts: CapCounts, plan: PersonPlan): void {
  const verdict = checkCaps(caps, counts.all());
  if (verdict.verdict === 'refuse') throw capRefused(verdict.reasons);
  if (verdict.verdict === 'second-person') plan.secondPerson = verdict.reasons;
}
