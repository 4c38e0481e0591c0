import { OaopsError } from '../../../core/errors.ts';
import type { PolicyRow } from '../../model.ts';
import type { LdapEntry, LdapSession } from '../../ports.ts';
import type { DirectorySpecOf } from '../../schema/directories.ts';
import { intervalMs } from '../times.ts';
import type { Domain } from './ad-domain.ts';
import { bitRule, uac } from './ad-flags.ts';
import { bracketed, textOf, textsOf } from './values.ts';

/** Where a rule stands: in the domain, and in a policy of its own (msDS-PasswordSettings). */
const rules: { rule: string; domain: string; settings: string; unit?: PolicyRow['unit'] }[] = [
  { rule: 'min-length', domain: 'minPwdLength', settings: 'msDS-MinimumPasswordLength', unit: 'characters' },
  { rule: 'max-age', domain: 'maxPwdAge', settings: 'msDS-MaximumPasswordAge', unit: 'days' },
  { rule: 'min-age', domain: 'minPwdAge', settings: 'msDS-MinimumPasswordAge', unit: 'days' },
  { rule: 'history', domain: 'pwdHistoryLength', settings: 'msDS-PasswordHistoryLength', unit: 'passwords' },
  { rule: 'complexity', domain: 'pwdProperties', settings: 'msDS-PasswordComplexityEnabled' },
  { rule: 'lockout', domain: 'lockoutThreshold', settings: 'msDS-LockoutThreshold', unit: 'attempts' },
  { rule: 'lockout-duration', domain: 'lockoutDuration', settings: 'msDS-LockoutDuration', unit: 'seconds' },
];
const complex = 0x1;

/** The rules of the domain, with whom they do not hold for, and those of each policy of its own. */
export async function adPolicy(
  session: LdapSession,
  spec: DirectorySpecOf<'active-directory'>,
  domain: Domain,
  signal: AbortSignal,
): Promise<PolicyRow[]> {
  const own = await settings();
  const without = {
    'max-age': await withFlag(uac.passwordNeverExpires, 'the password never expires'),
    'min-length': await withFlag(uac.passwordNotRequired, 'no password is required'),
  } as Record<string, string[]>;
  return [
    ...rules.map((rule) => {
      const value = ruleValue(domain.entry, rule.domain);
      const others = own.flatMap((each) =>
        ruleValue(each, rule.settings) === value
          ? []
          : textsOf(each, 'msDS-PSOAppliesTo').map((name) => `${name}: ${each.dn}`),
      );
      const exceptions = [...others, ...(without[rule.rule] ?? [])];
      return { ...row(rule, domain.dn, value, rule.domain), ...(exceptions.length > 0 && { exceptions }) };
    }),
    ...own.flatMap((each) => rules.map((rule) => row(rule, each.dn, ruleValue(each, rule.settings), rule.settings))),
  ];

  function row(rule: (typeof rules)[number], scope: string, value: PolicyRow['value'], from: string): PolicyRow {
    return { directory: spec.id, scope, rule: rule.rule, value, ...(rule.unit && { unit: rule.unit }), from };
  }

  async function settings(): Promise<LdapEntry[]> {
    const attributes = [...rules.map((rule) => rule.settings), 'msDS-PSOAppliesTo'];
    const base = `CN=Password Settings Container,CN=System,${domain.dn}`;
    const request = { base, scope: 'one' as const, filter: '(objectClass=msDS-PasswordSettings)', attributes };
    const found: LdapEntry[] = [];
    try {
      for await (const page of session.search(request, signal)) found.push(...page);
    } catch (error) {
      // Domains before Windows Server 2008 have none.
      if (!(error instanceof OaopsError) || error.code !== 'directory-base-missing') throw error;
    }
    return found;
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

function ruleValue(entry: LdapEntry, attribute: string): PolicyRow['value'] {
  const text = textOf(entry, attribute);
  if (text === undefined) return null;
  if (attribute === 'pwdProperties') return (Number(text) & complex) !== 0;
  if (text === 'TRUE' || text === 'FALSE') return text === 'TRUE';
  if (!/Age$|Duration$/.test(attribute)) return Number(text);
  const ms = intervalMs(text);
  if (ms === undefined) return 0;
  return /Age$/.test(attribute) ? ms / 86_400_000 : ms / 1000;
}
