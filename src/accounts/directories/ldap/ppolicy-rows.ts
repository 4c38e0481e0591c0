import type { PolicyRow } from '../../model.ts';
import type { LdapSession } from '../../ports.ts';
import type { DirectorySpecOf } from '../../schema/directories.ts';
import type { Policy, Ppolicy } from './ppolicy.ts';
import { bracketed, textOf } from './values.ts';

/** The policies as rows; those of the default one with the accounts that another holds for. */
export async function policyReport(
  session: LdapSession,
  spec: DirectorySpecOf<'openldap'>,
  ppolicy: Ppolicy,
  signal: AbortSignal,
): Promise<PolicyRow[]> {
  const { default: standard, policies } = ppolicy;
  const rows = policies.flatMap((policy) => policyRows(spec.id, policy, policy === standard));
  if (typeof standard !== 'object') {
    const from =
      standard === 'none' ? 'no default policy' : 'cn=config is not shown to the login, and "defaultPolicy" is not set';
    return [...rows, { directory: spec.id, scope: 'default', rule: 'policy', value: null, from }];
  }
  const others = new Map<Policy, string[]>();
  const request = {
    base: spec.base,
    scope: spec.scope,
    filter: `(&${bracketed(spec.filter)}(pwdPolicySubentry=*))`,
  };
  for await (const page of session.search({ ...request, attributes: ['pwdPolicySubentry'] }, signal))
    for (const entry of page) {
      const policy = ppolicy.of(textOf(entry, 'pwdPolicySubentry'));
      if (typeof policy === 'object' && policy !== standard)
        others.set(policy, [...(others.get(policy) ?? []), entry.dn]);
    }
  const ruleOf = (policy: Policy, rule: string) => policyRows(spec.id, policy, false).find((row) => row.rule === rule);
  return rows.map((row) => {
    if (!row.scope.endsWith(' (default)')) return row;
    const exceptions = [...others].flatMap(([policy, names]) =>
      ruleOf(policy, row.rule)?.value === row.value ? [] : names.map((name) => `${name}: ${policy.dn}`),
    );
    return exceptions.length > 0 ? { ...row, exceptions } : row;
  });
}

/** Rules of a policy as rows, in one order. */
export function policyRows(directory: string, { dn, values }: Policy, isDefault: boolean): PolicyRow[] {
  const row = (rule: string, attribute: string, value: PolicyRow['value'], unit?: PolicyRow['unit']): PolicyRow => ({
    directory,
    scope: isDefault ? `${dn} (default)` : dn,
    rule,
    value,
    ...(unit && { unit }),
    from: attribute,
  });
  const figure = (attribute: string) => (values[attribute] === undefined ? null : Number(values[attribute]));
  const span = (rule: string, attribute: string): PolicyRow => {
    const seconds = figure(attribute);
    // 0 is none, of all spans of ppolicy but the length of a lock, where it is without an end.
    if (seconds === null || seconds === 0) return row(rule, attribute, seconds, 'seconds');
    return seconds % 86_400 === 0
      ? row(rule, attribute, seconds / 86_400, 'days')
      : row(rule, attribute, seconds, 'seconds');
  };
  return [
    row('min-length', 'pwdMinLength', figure('pwdMinLength'), 'characters'),
    span('max-age', 'pwdMaxAge'),
    span('min-age', 'pwdMinAge'),
    row('history', 'pwdInHistory', figure('pwdInHistory'), 'passwords'),
    row('quality-check', 'pwdCheckQuality', figure('pwdCheckQuality')),
    row('lockout', 'pwdMaxFailure', values['pwdLockout'] === 'TRUE' ? figure('pwdMaxFailure') : null, 'attempts'),
    span('lockout-duration', 'pwdLockoutDuration'),
    row('must-change', 'pwdMustChange', values['pwdMustChange'] === 'TRUE'),
  ];
}
