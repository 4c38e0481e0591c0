import type { ReportedFinding } from './report.ts';

/** So many names are told of findings that are alike. */
export const namedAlike = 3;

/**
 * Findings that say the same of many accounts of a directory, such as that it tells no last use, each in one group; groups of no more than can be named stay apart.
 * In the order of the first of each.
 */
export function foldAlike(findings: readonly ReportedFinding[]): ReportedFinding[][] {
  const groups = Map.groupBy(findings, ({ directory, evidence, figure, rights, unconfirmed }) =>
    JSON.stringify([directory, evidence, figure, rights, unconfirmed]),
  );
  return [...groups.values()].flatMap((group) => (group.length > namedAlike ? [group] : group.map((one) => [one])));
}
