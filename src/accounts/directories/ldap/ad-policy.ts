import { dnKey } from '../../../core/dn.ts';
import { OaopsError } from '../../../core/errors.ts';
import type { PolicyRow } from '../../model.ts';
import type { LdapEntry, LdapSession } from '../../ports.ts';
import type { DirectorySpecOf } from '../../schema/directories.ts';
import { intervalMs } from '../times.ts';
import type { Domain } from './ad-domain.ts';
import { bitRule, uac } from './ad-flags.ts';
import { bracketed, textOf, textsOf } from './values.ts';

interface AdRule {
  rule: string;
  /** Where it stands: in the domain, and in a policy of its own (msDS-PasswordSettings). */
  domain: string;
  settings: string;
  unit?: PolicyRow['unit'];
}
const complexity = { domain: 'pwdProperties', settings: 'msDS-PasswordComplexityEnabled' };
const threshold = { domain: 'lockoutThreshold', settings: 'msDS-LockoutThreshold' };
const rules: AdRule[] = [
  { rule: 'min-length', domain: 'minPwdLength', settings: 'msDS-MinimumPasswordLength', unit: 'characters' },
  { rule: 'max-age', domain: 'maxPwdAge', settings: 'msDS-MaximumPasswordAge', unit: 'days' },
  { rule: 'min-age', domain: 'minPwdAge', settings: 'msDS-MinimumPasswordAge', unit: 'days' },
  { rule: 'history', domain: 'pwdHistoryLength', settings: 'msDS-PasswordHistoryLength', unit: 'passwords' },
  { rule: 'quality-check', ...complexity },
  { rule: 'classes', ...complexity, unit: 'classes' },
  { rule: 'lockout', ...threshold, unit: 'attempts' },
  { rule: 'lockout-duration', domain: 'lockoutDuration', settings: 'msDS-LockoutDuration', unit: 'seconds' },
];
const complex = 0x1;
/** What "complex" asks for ([MS-SAMR] section 3.1.1.7.2): three of five classes, and not the name of the account. */
const complexClasses = 3;

/**
 * The rules of the domain, with whom they do not hold for, and those of each policy that holds for somebody. What the login may not see is left out, or
 * told as unknown.
 */
export async function adPolicy(
  session: LdapSession,
  spec: DirectorySpecOf<'active-directory'>,
  domain: Domain,
  signal: AbortSignal,
): Promise<PolicyRow[]> {
  const container = `CN=Password Settings Container,CN=System,${domain.dn}`;
  const { own, hidden } = await settings();
  const unseen = hidden.map(
    (dn): PolicyRow => ({
      directory: spec.id,
      scope: dn,
      rule: 'unknown',
      value: null,
      from: `${dn} is not shown to the login`,
    }),
  );
  const applied = own.filter((each) => textsOf(each, 'msDS-PSOAppliesTo').length > 0);
  const without = {
    'max-age': await withFlag(uac.passwordNeverExpires, 'the password never expires'),
    'min-length': await withFlag(uac.passwordNotRequired, 'no password is required'),
  } as Record<string, string[]>;
  return [
    ...rules.flatMap((rule) => {
      const value = ruleValue(domain.entry, rule, 'domain');
      if (value === undefined) return [];
      const others = applied.flatMap((each) =>
        ruleValue(each, rule, 'settings') === value
          ? []
          : textsOf(each, 'msDS-PSOAppliesTo').map((name) => `${name}: ${each.dn}`),
      );
      const exceptions = [...others, ...(without[rule.rule] ?? [])];
      return [{ ...row(rule, domain.dn, value, rule.domain), ...(exceptions.length > 0 && { exceptions }) }];
    }),
    ...applied.flatMap((each) =>
      rules.flatMap((rule) => {
        const value = ruleValue(each, rule, 'settings');
        return value === undefined ? [] : [row(rule, each.dn, value, rule.settings)];
      }),
    ),
    ...unseen,
  ];

  function row(rule: (typeof rules)[number], scope: string, value: PolicyRow['value'], from: string): PolicyRow {
    return { directory: spec.id, scope, rule: rule.rule, value, ...(rule.unit && { unit: rule.unit }), from };
  }

  /** By default administrators alone see them: others see names, or only that there is one, by whom it holds for. */
  async function settings(): Promise<{ own: LdapEntry[]; hidden: string[] }> {
    const attributes = [...new Set(rules.map((rule) => rule.settings)), 'msDS-PSOAppliesTo'];
    const found: LdapEntry[] = [];
    if (!domain.mayHaveSettings) return { own: found, hidden: [] };
    const names = new Map([[dnKey(container), container]]);
    try {
      const request = { base: container, scope: 'sub' as const, filter: '(objectClass=*)', attributes };
      for await (const page of session.search(request, signal)) found.push(...page);
    } catch (error) {
      if (!(error instanceof OaopsError) || error.code !== 'directory-base-missing') throw error;
    }
    const holders = { base: domain.dn, scope: 'sub' as const, filter: '(msDS-PSOApplied=*)' };
    for await (const page of session.search({ ...holders, attributes: ['msDS-PSOApplied'] }, signal))
      for (const name of page.flatMap((holder) => textsOf(holder, 'msDS-PSOApplied'))) names.set(dnKey(name), name);
    for (const { dn } of found) if (dnKey(dn) !== dnKey(container)) names.set(dnKey(dn), dn);
    const own = found.filter((each) => textOf(each, rules[0]!.settings) !== undefined);
    for (const { dn } of own) names.delete(dnKey(dn));
    if (found.some(({ dn }) => dnKey(dn) === dnKey(container))) names.delete(dnKey(container));
    return { own, hidden: [...names.values()] };
  }

  async function withFlag(flag: number, words: string): Promise<string[]> {
    const filter = `(&${bracketed(spec.filter)}(userAccountControl:${bitRule}:=${flag}))`;
    const names: string[] = [];
    for await (const page of session.search(
      { base: spec.base, scope: spec.scope, filter, attributes: ['1.1'] },
      signal,
    ))
      for (const { dn } of page) names.push(`${dn}: ${words}`);
    return names;
  }
}

/** Undefined: it is not shown. The domain, and each policy, has all of them. */
function ruleValue(entry: LdapEntry, rule: AdRule, place: 'domain' | 'settings'): PolicyRow['value'] | undefined {
  const attribute = rule[place];
  const text = textOf(entry, attribute);
  if (text === undefined) return undefined;
  switch (rule.rule) {
    case 'quality-check':
      return isComplex(text);
    case 'classes':
      return isComplex(text) ? complexClasses : null;
    case 'max-age':
    case 'min-age':
      return (intervalMs(text) ?? 0) / 86_400_000;
    case 'lockout-duration':
      // Nobody is locked, however long.
      return textOf(entry, threshold[place]) === '0' ? null : (intervalMs(text) ?? 0) / 1000;
    default:
      return Number(text);
  }
}

function isComplex(text: string): boolean {
  return text === 'TRUE' || (Number(text) & complex) !== 0;
}
