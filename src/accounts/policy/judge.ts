import { tellAge } from '../findings/days.ts';
import type { PolicyRow } from '../model.ts';
import type { RequiredPolicy } from '../schema/rules.ts';
import type { SecondFactorCount } from './second-factor.ts';

/**
 * `weaker`: something is enforced, less than is required. `not-set`: the directory enforces nothing. `not-told`: nobody knows; it is neither of the
 * two. `told`: nothing is required of this rule.
 */
export type Verdict = 'enforced' | 'weaker' | 'not-set' | 'not-told' | 'told';

export interface JudgedRule {
  directory: string;
  scope: string;
  rule: string;
  value: PolicyRow['value'];
  unit?: PolicyRow['unit'];
  from: string;
  /** Accounts for which it does not hold. */
  exceptions: string[];
  verdict: Verdict;
  /** What is required, for people: `at least 12 characters`. */
  required?: string;
  /** As the run before has read it; absent: the same, or there was none. */
  before?: { value: PolicyRow['value']; unit?: PolicyRow['unit'] };
}

interface Requirement {
  rule: string;
  /** For people. */
  text: string;
  judge(row: PolicyRow): Verdict;
}

/** Compares the rules of each directory with what is required of all of them. */
export function judgePolicies(
  rows: readonly PolicyRow[],
  required: RequiredPolicy | undefined,
  directories: readonly string[],
  secondFactors: readonly SecondFactorCount[],
): JudgedRule[] {
  const requirements = required ? requirementsOf(required) : [];
  const byRule = new Map(requirements.map((one) => [one.rule, one]));
  const judged: JudgedRule[] = [];
  for (const directory of directories) {
    const own = rows.filter((row) => row.directory === directory);
    for (const row of own) judged.push(judgeRow(row, byRule.get(row.rule), requirements.length > 0));
    judged.push(...missingRules(directory, own, requirements));
    if (required?.secondFactor !== undefined)
      judged.push(...judgeSecondFactor(directory, own, required.secondFactor, secondFactors));
  }
  return judged;
}

/** Rules that are not as they are required to be, whoever is asked. */
export function isWeak({ verdict }: Pick<JudgedRule, 'verdict'>): boolean {
  return verdict === 'weaker' || verdict === 'not-set';
}

function judgeRow(row: PolicyRow, requirement: Requirement | undefined, anything: boolean): JudgedRule {
  const { directory, scope, rule, value, unit, from, exceptions = [] } = row;
  const base = { directory, scope, rule, value, ...(unit === undefined ? {} : { unit }), from, exceptions };
  if (rule === 'unknown') return { ...base, verdict: 'not-told' };
  // A directory that has no policy for most of its accounts enforces nothing; of one that does not show it nothing is known.
  if (rule === 'policy' && anything && value === null)
    return { ...base, verdict: ['no default policy', 'no overlay ppolicy'].includes(from) ? 'not-set' : 'not-told' };
  if (!requirement) return { ...base, verdict: 'told' };
  return { ...base, verdict: requirement.judge(row), required: requirement.text };
}

/** What is required and a directory says nothing of. One that has no policy, or did not answer, has said so already. */
function missingRules(
  directory: string,
  rows: readonly PolicyRow[],
  requirements: readonly Requirement[],
): JudgedRule[] {
  const says = rows.filter(({ rule }) => rule !== 'policy' && rule !== 'unknown');
  if (rows.length > 0 && says.length === 0) return [];
  return requirements
    .filter(({ rule }) => !says.some((row) => row.rule === rule))
    .map(({ rule, text }) => ({
      directory,
      scope: directory,
      rule,
      value: null,
      from: notTold,
      exceptions: [],
      verdict: 'not-told',
      required: text,
    }));
}

const notTold = 'the directory does not tell it';

function requirementsOf(required: RequiredPolicy): Requirement[] {
  const found: Requirement[] = [];
  const add = (rule: string, text: string, judge: (row: PolicyRow) => Verdict) => found.push({ rule, text, judge });
  const { minLength, classes, maxAge, history, lockoutAttempts, lockoutDuration, minAge, qualityCheck } = required;
  if (minLength !== undefined) add('min-length', `at least ${minLength} characters`, atLeast(minLength));
  if (classes !== undefined) add('classes', `at least ${classes} classes of characters`, atLeast(classes));
  if (history !== undefined) add('history', `at least ${history} earlier passwords`, atLeast(history));
  if (maxAge !== undefined) add('max-age', `at most ${tellAge(maxAge)}`, atMost(maxAge, msOf('days')));
  if (minAge !== undefined) add('min-age', `at least ${tellAge(minAge)}`, atLeast(minAge, msOf('days')));
  if (lockoutAttempts !== undefined)
    add('lockout', `after at most ${lockoutAttempts} attempts`, atMost(lockoutAttempts));
  if (lockoutDuration !== undefined)
    add('lockout-duration', `at least ${tellAge(lockoutDuration)}`, (row) => {
      // Without an end: until an administrator unlocks it.
      if (row.value === 0 || typeof row.value === 'string') return 'enforced';
      return atLeast(lockoutDuration, msOf('seconds'))(row);
    });
  if (qualityCheck) add('quality-check', 'new passwords are checked', ({ value }) => (value ? 'enforced' : 'not-set'));
  return found;
}

/** The figure of a row; undefined: it is none. */
type Figure = (row: PolicyRow) => number | undefined;

const plain: Figure = ({ value }) => (typeof value === 'number' ? value : undefined);

/** Ages and spans in milliseconds; `usual` where the row says no unit. */
function msOf(usual: 'days' | 'seconds'): Figure {
  return ({ value, unit = usual }) => {
    if (typeof value !== 'number') return undefined;
    if (unit === 'days') return value * 86_400_000;
    return unit === 'seconds' ? value * 1000 : undefined;
  };
}

function atLeast(least: number, figureOf: Figure = plain): (row: PolicyRow) => Verdict {
  return (row) => {
    if (isUnset(row)) return 'not-set';
    const figure = figureOf(row);
    if (figure === undefined) return 'not-told';
    return figure >= least ? 'enforced' : 'weaker';
  };
}

function atMost(most: number, figureOf: Figure = plain): (row: PolicyRow) => Verdict {
  return (row) => {
    if (isUnset(row)) return 'not-set';
    const figure = figureOf(row);
    if (figure === undefined) return 'not-told';
    return figure <= most ? 'enforced' : 'weaker';
  };
}

/** 0 is "no limit" wherever passwords are made rules for. */
function isUnset({ value }: PolicyRow): boolean {
  return value === null || value === false || value === 0;
}

/** By the accounts, where the directory tells of each; else by what it says of logins as a whole. */
function judgeSecondFactor(
  directory: string,
  rows: readonly PolicyRow[],
  whose: 'all' | 'privileged',
  counts: readonly SecondFactorCount[],
): JudgedRule[] {
  const required = whose === 'all' ? 'second factor of all accounts' : 'second factor of privileged accounts';
  const base = { directory, scope: directory, rule: 'second-factor-bound', exceptions: [], required };
  const count = counts.find((one) => one.directory === directory && one.whose === whose);
  const told = rows.filter(({ rule }) => rule === 'second-factor');
  if (count && count.bound + count.unbound > 0)
    return [
      {
        ...base,
        value: `${count.bound} of ${count.bound + count.unbound + count.untold} accounts`,
        from: 'the accounts',
        verdict: count.unbound > 0 ? 'weaker' : count.untold > 0 ? 'not-told' : 'enforced',
      },
    ];
  if (told.length > 0)
    return told.map((row) => ({
      ...base,
      scope: row.scope,
      value: row.value,
      from: row.from,
      exceptions: row.exceptions ?? [],
      verdict: isUnset(row) ? 'not-set' : (row.exceptions?.length ?? 0) > 0 ? 'weaker' : 'enforced',
    }));
  // Whoever has nobody that needs one lacks nothing.
  if (count && count.untold === 0) return [{ ...base, value: '0 accounts', from: 'the accounts', verdict: 'enforced' }];
  return [{ ...base, value: null, from: notTold, verdict: 'not-told' }];
}
