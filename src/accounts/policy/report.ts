import type { PoliciesFact } from '../record/policies.ts';
import { isWeak, type JudgedRule, type Verdict } from './judge.ts';
import type { SecondFactorCount } from './second-factor.ts';

/** What a run has read of the rules for passwords and second factors, for people. */
export interface PolicyReport {
  rules: JudgedRule[];
  counts: Record<Verdict, number>;
  secondFactors: SecondFactorCount[];
  /** Rules that the run before had read and that are not there any more. */
  gone: { directory: string; scope: string; rule: string; value: JudgedRule['value']; unit?: JudgedRule['unit'] }[];
  /** The run that it is compared with. */
  comparedWith: string | null;
  /** Directories that did not tell, with the reason. */
  problems: string[];
}

function keyOf({ directory, scope, rule, from }: Pick<JudgedRule, 'directory' | 'scope' | 'rule' | 'from'>): string {
  return JSON.stringify([directory, scope, rule, from]);
}

/** Judged rules, each with what it was before where that was something else. */
export function policyReport(now: PoliciesFact, before?: { run: string; policies: PoliciesFact }): PolicyReport {
  const earlier = new Map((before?.policies.rules ?? []).map((rule) => [keyOf(rule), rule]));
  const rules = now.rules.map((rule): JudgedRule => {
    const old = earlier.get(keyOf(rule));
    earlier.delete(keyOf(rule));
    if (!old || (old.value === rule.value && old.unit === rule.unit)) return rule;
    return { ...rule, before: { value: old.value, ...(old.unit === undefined ? {} : { unit: old.unit }) } };
  });
  // What is missing in a directory that did not tell is not gone.
  const told = new Set(now.rules.filter(({ verdict }) => verdict !== 'not-told').map(({ directory }) => directory));
  const counts: Record<Verdict, number> = { weaker: 0, 'not-set': 0, 'not-told': 0, enforced: 0, told: 0 };
  for (const { verdict } of rules) counts[verdict]++;
  return {
    rules,
    counts,
    secondFactors: now.secondFactors,
    gone: [...earlier.values()]
      .filter(({ directory, verdict }) => told.has(directory) && verdict !== 'not-told')
      .map(({ directory, scope, rule, value, unit }) => ({
        directory,
        scope,
        rule,
        value,
        ...(unit === undefined ? {} : { unit }),
      })),
    comparedWith: before?.run ?? null,
    problems: now.problems,
  };
}

/** Weak rules as one line each, for notices: `ldap (cn=default): min-length 6, at least 12 characters are required`. */
export function weakLines(rules: readonly JudgedRule[]): string[] {
  return rules
    .filter(isWeak)
    .map(
      (rule) =>
        `${rule.directory} (${rule.scope}): ${rule.rule} ${valueText(rule)}${rule.required === undefined ? '' : `, required: ${rule.required}`}`,
    );
}

/** `90 days`, `not set`, `not told`. */
export function valueText({
  value,
  unit,
  verdict,
}: Pick<JudgedRule, 'value' | 'unit'> & { verdict?: Verdict }): string {
  if (value === null && verdict === 'not-told') return 'not told';
  if (value === null || value === false) return 'not set';
  if (value === true) return 'set';
  return unit === undefined ? String(value) : `${value} ${unit}`;
}
