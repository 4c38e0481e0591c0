import { type FindingType, findingTypes } from '../model.ts';

/** How much a finding matters: who can come in who must not; what helps them; what is untidy; what could not be judged. */
export type Weight = 'severe' | 'serious' | 'minor' | 'unknown';

/**
 * The order of reports: first accounts through which somebody comes in who has no right to, then those that nobody would miss or that have more
 * rights than they should, then passwords, then what is only missing. Documented in docs/accounts-reports.md.
 */
const weights: Readonly<Record<FindingType, Weight>> = {
  leaver: 'severe',
  'privileged-without-owner': 'severe',
  'default-account': 'severe',
  orphan: 'severe',
  'expired-temporary': 'severe',
  'rights-beyond-role': 'serious',
  'no-second-factor': 'serious',
  shared: 'serious',
  dormant: 'serious',
  'never-used': 'serious',
  duplicate: 'serious',
  'password-never-expires': 'minor',
  'password-too-old': 'minor',
  'rights-missing': 'minor',
  unknown: 'unknown',
};

export const bySeverity = Object.keys(weights) as FindingType[];

export function weightOf(type: FindingType): Weight {
  return weights[type];
}

/** The types that are asked for, most severe first. */
export function orderedTypes(types: Iterable<FindingType> = findingTypes): FindingType[] {
  const asked = new Set(types);
  return bySeverity.filter((type) => asked.has(type));
}
