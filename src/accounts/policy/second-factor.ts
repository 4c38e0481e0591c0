import { isUsedByPeople } from '../findings/dormant.ts';
import { powersOf } from '../findings/privileged-without-owner.ts';
import type { Judged } from '../findings/types.ts';
import type { DirectorySpec } from '../schema/directories.ts';

/** How many enabled accounts that people log in with have a second factor. */
export interface SecondFactorCount {
  directory: string;
  whose: 'all' | 'privileged';
  bound: number;
  unbound: number;
  /** The directory does not tell. */
  untold: number;
}

export function countSecondFactors(spec: DirectorySpec, accounts: readonly Judged[]): SecondFactorCount[] {
  const powers = powersOf({ spec });
  const empty = { directory: spec.id, bound: 0, unbound: 0, untold: 0 };
  const all: SecondFactorCount = { ...empty, whose: 'all' };
  const privileged: SecondFactorCount = { ...empty, whose: 'privileged' };
  for (const one of accounts) {
    const { account } = one;
    if (account.directory !== spec.id || account.state === 'disabled' || !isUsedByPeople(one)) continue;
    const key = account.secondFactor === undefined ? 'untold' : account.secondFactor ? 'bound' : 'unbound';
    all[key]++;
    if (powers(account) !== undefined) privileged[key]++;
  }
  return [all, privileged];
}
