import { describe, expect, test } from 'vitest';
import type { Judged } from '../../../src/accounts/findings/types.ts';
import { notCompared } from '../../../src/accounts/matching/match.ts';
import type { Account, AccountUse, PolicyRow } from '../../../src/accounts/model.ts';
import { isWeak, judgePolicies, type Verdict } from '../../../src/accounts/policy/judge.ts';
import { policyReport, valueText, weakLines } from '../../../src/accounts/policy/report.ts';
import { countSecondFactors } from '../../../src/accounts/policy/second-factor.ts';
import { policiesSchema, type RequiredPolicy } from '../../../src/accounts/schema/rules.ts';
import { account, directory } from '../judging.ts';

const judged = (one: Account, use: AccountUse = 'person'): Judged => ({ account: one, use, match: notCompared });

const required = (rules: Record<string, unknown>) => policiesSchema.parse({ required: rules }).required!;

function row(rule: string, value: PolicyRow['value'], more: Partial<PolicyRow> = {}): PolicyRow {
  return { directory: 'ldap', scope: 'default', rule, value, from: 'ppolicy', ...more };
}

const cases: [string, RequiredPolicy, PolicyRow, Verdict][] = [
  ['as long as required', required({ minLength: 12 }), row('min-length', 12), 'enforced'],
  ['shorter', required({ minLength: 12 }), row('min-length', 11), 'weaker'],
  ['no length', required({ minLength: 12 }), row('min-length', null), 'not-set'],
  ['length 0', required({ minLength: 12 }), row('min-length', 0), 'not-set'],
  ['a length that is no figure', required({ minLength: 12 }), row('min-length', 'long'), 'not-told'],
  ['classes', required({ classes: 3 }), row('classes', 2), 'weaker'],
  ['history', required({ history: 5 }), row('history', 24), 'enforced'],
  ['an age in days', required({ maxAge: '90d' }), row('max-age', 90, { unit: 'days' }), 'enforced'],
  ['an age in seconds', required({ maxAge: '90d' }), row('max-age', 7_776_000, { unit: 'seconds' }), 'enforced'],
  ['a second too long', required({ maxAge: '90d' }), row('max-age', 7_776_001, { unit: 'seconds' }), 'weaker'],
  ['an age without a unit is days', required({ maxAge: '90d' }), row('max-age', 99999), 'weaker'],
  ['passwords that live for ever', required({ maxAge: '90d' }), row('max-age', 0, { unit: 'days' }), 'not-set'],
  ['an age of another unit', required({ maxAge: '90d' }), row('max-age', 3, { unit: 'passwords' }), 'not-told'],
  ['younger than asked', required({ minAge: '1d' }), row('min-age', 3600, { unit: 'seconds' }), 'weaker'],
  ['locked early', required({ lockoutAttempts: 5 }), row('lockout', 3), 'enforced'],
  ['locked late', required({ lockoutAttempts: 5 }), row('lockout', 10), 'weaker'],
  ['never locked', required({ lockoutAttempts: 5 }), row('lockout', 0), 'not-set'],
  ['locked for too short', required({ lockoutDuration: '15m' }), row('lockout-duration', 60), 'weaker'],
  ['locked without an end', required({ lockoutDuration: '15m' }), row('lockout-duration', 0), 'enforced'],
  ['locked by a word', required({ lockoutDuration: '15m' }), row('lockout-duration', 'until unlocked'), 'enforced'],
  ['no lock', required({ lockoutDuration: '15m' }), row('lockout-duration', null), 'not-set'],
  ['checked', required({ qualityCheck: true }), row('quality-check', 'pam_pwquality.so'), 'enforced'],
  ['not checked', required({ qualityCheck: true }), row('quality-check', 0), 'not-set'],
  ['a rule that nobody requires', required({ minLength: 12 }), row('min-age', 1), 'told'],
  ['no policy at all', required({ minLength: 12 }), row('policy', null, { from: 'no default policy' }), 'not-set'],
  ['a policy that is not shown', required({ minLength: 12 }), row('policy', null, { from: 'not shown' }), 'not-told'],
  ['a host that did not answer', required({ minLength: 12 }), row('unknown', null), 'not-told'],
];

test.each(cases)('%s', (_name, rules, one, verdict) => {
  expect(judgePolicies([one], rules, ['ldap'], []).find(({ rule }) => rule === one.rule)?.verdict).toBe(verdict);
});

test('nothing is required: every rule is told, and none is weak', () => {
  const rules = judgePolicies([row('min-length', 1), row('policy', null)], undefined, ['ldap'], []);
  expect(rules.map(({ verdict }) => verdict)).toEqual(['told', 'told']);
  expect(rules.some(isWeak)).toBe(false);
});

test('a directory that says nothing is neither weak nor all right', () => {
  const rules = judgePolicies([row('min-length', 12)], required({ minLength: 12 }), ['ldap', 'vpn'], []);
  expect(rules.map(({ directory: of, verdict }) => [of, verdict])).toEqual([
    ['ldap', 'enforced'],
    ['vpn', 'not-told'],
  ]);
});

describe('second factors', () => {
  const bound = (login: string, secondFactor: boolean | undefined, over = {}) =>
    judged(account(login, { ...(secondFactor === undefined ? {} : { secondFactor }), ...over }));
  const verdictOf = (whose: 'all' | 'privileged', accounts: ReturnType<typeof judged>[], rows: PolicyRow[] = []) => {
    const counts = countSecondFactors(directory(), accounts);
    const rules = judgePolicies(rows, required({ secondFactor: whose }), ['ldap'], counts);
    return rules.find(({ rule }) => rule === 'second-factor-bound')?.verdict;
  };
  const root = { privileged: ['cn=admins'] };

  test('by the accounts, where they tell', () => {
    expect(verdictOf('all', [bound('a', true), bound('b', true)])).toBe('enforced');
    expect(verdictOf('all', [bound('a', true), bound('b', false)])).toBe('weaker');
    expect(verdictOf('privileged', [bound('a', true, root), bound('b', false)])).toBe('enforced');
    expect(verdictOf('privileged', [bound('a', false, root), bound('b', true)])).toBe('weaker');
    expect(verdictOf('all', [bound('a', true), bound('b', undefined)])).toBe('not-told');
  });

  test('disabled accounts, and those of programs, need none', () => {
    expect(verdictOf('all', [bound('a', true), bound('b', false, { state: 'disabled' })])).toBe('enforced');
    expect(verdictOf('all', [bound('a', true), judged(account('b', { secondFactor: false }), 'service')])).toBe(
      'enforced',
    );
  });

  test('else by what the directory says of logins', () => {
    const silent = [bound('a', undefined)];
    expect(verdictOf('all', silent)).toBe('not-told');
    expect(verdictOf('all', silent, [row('second-factor', 'pam_google_authenticator.so')])).toBe('enforced');
    expect(verdictOf('all', silent, [row('second-factor', false)])).toBe('not-set');
    expect(verdictOf('all', silent, [row('second-factor', 'pam_oath.so', { exceptions: ['nullok'] })])).toBe('weaker');
  });
});

test('what has changed since the run before is told; what cannot be seen now is not gone', () => {
  const rules = required({ minLength: 12 });
  const fact = (rows: PolicyRow[]) => ({
    rules: judgePolicies(rows, rules, ['ldap', 'vpn'], []),
    secondFactors: [],
    required: true,
    problems: [],
  });
  const vpn = row('min-length', 14, { directory: 'vpn' });
  const before = { run: 'r1', policies: fact([row('min-length', 14), row('history', 5), vpn]) };
  const report = policyReport(fact([row('min-length', 8)]), before);
  expect(report.rules[0]).toMatchObject({ verdict: 'weaker', before: { value: 14 } });
  expect(report.gone.map(({ directory: of, rule }) => `${of} ${rule}`)).toEqual(['ldap history']);
  expect(report.comparedWith).toBe('r1');
  expect(weakLines(report.rules)).toEqual(['ldap (default): min-length 8, required: at least 12 characters']);
  expect(policyReport(fact([row('min-length', 8)])).rules[0]).not.toHaveProperty('before');
});

test('values in words', () => {
  expect(valueText({ value: 90, unit: 'days' })).toBe('90 days');
  expect(valueText({ value: null })).toBe('not set');
  expect(valueText({ value: null, verdict: 'not-told' })).toBe('not told');
  expect(valueText({ value: true })).toBe('set');
});
