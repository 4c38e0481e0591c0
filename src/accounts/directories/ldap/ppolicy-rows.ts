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
  if (typeof standard !== 'object')
    return [...rows, { directory: spec.id, scope: 'default', rule: 'policy', value: null, from: ppolicy.why ?? '' }];
  const others = new Map<Policy, string[]>();
  const lost: string[] = [];
  const request = {
    base: spec.base,
    scope: spec.scope,
    filter: `(&${bracketed(spec.filter)}(pwdPolicySubentry=*))`,
  };
  for await (const page of session.search({ ...request, attributes: ['pwdPolicySubentry'] }, signal))
    for (const entry of page) {
      const subentry = textOf(entry, 'pwdPolicySubentry');
      const policy = ppolicy.of(subentry);
      if (policy === 'unknown') lost.push(`${entry.dn}: ${subentry} is not there, or not shown`);
      if (typeof policy === 'object' && policy !== standard)
        others.set(policy, [...(others.get(policy) ?? []), entry.dn]);
    }
  const ruleOf = (policy: Policy, rule: string) => policyRows(spec.id, policy, false).find((row) => row.rule === rule);
  return rows.map((row) => {
    if (!row.scope.endsWith(' (default)')) return row;
    const own = [...others].flatMap(([policy, names]) =>
      ruleOf(policy, row.rule)?.value === row.value ? [] : names.map((name) => `${name}: ${policy.dn}`),
    );
    const exceptions = [...(row.exceptions ?? []), ...own, ...lost];
    return exceptions.length > 0 ? { ...row, exceptions } : row;
  });
}

/** Rules of a policy as rows, in one order. */
export function policyRows(directory: string, { dn, values, hidden }: Policy, isDefault: boolean): PolicyRow[] {
  const scope = isDefault ? `${dn} (default)` : dn;
  if (hidden) return [{ directory, scope, rule: 'policy', value: null, from: 'its rules are not shown to the login' }];
  const row = (rule: string, attribute: string, value: PolicyRow['value'], unit?: PolicyRow['unit']): PolicyRow => ({
    directory,
    scope,
    rule,
    value,
    ...(unit && { unit }),
    from: attribute,
  });
  const figure = (attribute: string) => (values[attribute] === undefined ? null : Number(values[attribute]));
  const span = (rule: string, attribute: string, seconds = figure(attribute)): PolicyRow => {
    // 0 is none, of all spans of ppolicy but the length of a lock, where it is without an end.
    if (seconds === null || seconds === 0) return row(rule, attribute, seconds, 'seconds');
    return seconds % 86_400 === 0
      ? row(rule, attribute, seconds / 86_400, 'days')
      : row(rule, attribute, seconds, 'seconds');
  };
  const quality = figure('pwdCheckQuality') ?? 0;
  const least = figure('pwdMinLength');
  // The overlay looks at a new password, its length included, only where it is told to.
  const length: PolicyRow =
    quality === 0 && least !== null
      ? {
          ...row('min-length', 'pwdMinLength', null, 'characters'),
          from: `pwdMinLength ${least} is not looked at: pwdCheckQuality is 0`,
        }
      : row('min-length', 'pwdMinLength', least, 'characters');
  if (quality === 1 && least !== null) length.exceptions = ['passwords that arrive hashed (pwdCheckQuality 1)'];
  const isLocking = values['pwdLockout'] === 'TRUE' && (figure('pwdMaxFailure') ?? 0) > 0;
  return [
    length,
    span('max-age', 'pwdMaxAge'),
    span('min-age', 'pwdMinAge'),
    row('history', 'pwdInHistory', figure('pwdInHistory'), 'passwords'),
    row('quality-check', 'pwdCheckQuality', figure('pwdCheckQuality')),
    row('lockout', 'pwdMaxFailure', isLocking ? figure('pwdMaxFailure') : null, 'attempts'),
    span('lockout-duration', 'pwdLockoutDuration', isLocking ? (figure('pwdLockoutDuration') ?? 0) : null),
    row('must-change', 'pwdMustChange', values['pwdMustChange'] === 'TRUE'),
  ];
}
