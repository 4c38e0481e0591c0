import { dnKey, isWithin } from '../../../core/dn.ts';
import { OaopsError } from '../../../core/errors.ts';
import type { LdapEntry, LdapSession } from '../../ports.ts';
import { textOf, textsOf } from './values.ts';

/** A policy of overlay ppolicy (draft-behera-ldap-password-policy). */
export interface Policy {
  dn: string;
  /** Whether it lets locks work at all. */
  lockout: boolean;
  /** Seconds; 0: passwords never expire. */
  maxAgeSeconds: number;
  values: Record<string, string>;
}

/** What is known of the rules for passwords of a server. */
export interface Ppolicy {
  /** DN of the naming context that holds the people. */
  context: string;
  /** Attributes that the server knows. */
  knows(attribute: string): boolean;
  policies: Policy[];
  /** `none`: there is none; `unknown`: the login may not see which. */
  default: Policy | 'none' | 'unknown';
  /** The policy in effect for an entry, by its pwdPolicySubentry. */
  of(subentry: string | undefined): Policy | 'none' | 'unknown';
}

export const policyAttributes = [
  'pwdMinLength',
  'pwdMaxAge',
  'pwdMinAge',
  'pwdInHistory',
  'pwdCheckQuality',
  'pwdLockout',
  'pwdMaxFailure',
  'pwdLockoutDuration',
  'pwdMustChange',
  'pwdGraceAuthNLimit',
];

/** `configured`: DN of the default policy as the user says it. */
export async function readPpolicy(
  session: LdapSession,
  base: string,
  configured: string | undefined,
  signal: AbortSignal,
): Promise<Ppolicy> {
  const [root] = await entries(session, '', 'base', ['namingContexts', 'subschemaSubentry'], signal);
  const schema = root && textOf(root, 'subschemaSubentry');
  const [subschema] = schema === undefined ? [] : await entries(session, schema, 'base', ['attributeTypes'], signal);
  const names = new Set<string>();
  for (const type of subschema ? textsOf(subschema, 'attributeTypes') : [])
    for (const [, name] of (/ NAME (\(.*?\)|'.*?')/.exec(type)?.[1] ?? '').matchAll(/'(.*?)'/g))
      names.add(name!.toLowerCase());
  const context = (root && textsOf(root, 'namingContexts').find((suffix) => isWithin(base, suffix))) ?? base;
  const knows = (attribute: string) => names.has(attribute.toLowerCase());
  const asked = ['dn', ...policyAttributes];
  const found = knows('pwdLockout')
    ? await entries(session, context, 'sub', asked, signal, '(objectClass=pwdPolicy)')
    : [];
  const policies = found.map(policyOf);
  const byKey = new Map(policies.map((policy) => [dnKey(policy.dn), policy]));
  const named = configured ?? (await defaultByConfig(session, base, signal));
  const standard = named === undefined ? 'unknown' : named === '' ? 'none' : (byKey.get(dnKey(named)) ?? 'none');
  if (configured !== undefined && standard === 'none') {
    throw new OaopsError('policy-missing', `the directory does not show the policy ${configured}`, {
      exitCode: 2,
      next: 'Correct "defaultPolicy", or give the account of "bindDn" the right to read it.',
    });
  }
  return {
    context,
    knows,
    policies,
    default: standard,
    // The overlay holds by a policy that there is not as if there were none.
    of: (subentry) => (subentry === undefined ? standard : (byKey.get(dnKey(subentry)) ?? 'none')),
  };
}

/** DN of the default policy by cn=config; empty where there is none; undefined where cn=config is not shown. */
async function defaultByConfig(session: LdapSession, base: string, signal: AbortSignal): Promise<string | undefined> {
  const databases = await entries(session, 'cn=config', 'sub', ['olcSuffix'], signal, '(olcSuffix=*)');
  const own = databases.find((database) => textsOf(database, 'olcSuffix').some((suffix) => isWithin(base, suffix)));
  if (!own) return undefined;
  const [overlay] = await entries(
    session,
    own.dn,
    'sub',
    ['olcPPolicyDefault'],
    signal,
    '(objectClass=olcPPolicyConfig)',
  );
  return (overlay && textOf(overlay, 'olcPPolicyDefault')) ?? '';
}

/** Entries of a place that may not be there, or not be shown. */
async function entries(
  session: LdapSession,
  base: string,
  scope: 'base' | 'sub',
  attributes: string[],
  signal: AbortSignal,
  filter = '(objectClass=*)',
): Promise<LdapEntry[]> {
  const found: LdapEntry[] = [];
  try {
    for await (const page of session.search({ base, scope, filter, attributes }, signal)) found.push(...page);
  } catch (error) {
    if (!(error instanceof OaopsError) || !['directory-base-missing', 'directory-refused'].includes(error.code))
      throw error;
  }
  return found;
}

function policyOf(entry: LdapEntry): Policy {
  const values: Record<string, string> = {};
  for (const attribute of policyAttributes) {
    const value = textOf(entry, attribute);
    if (value !== undefined) values[attribute] = value;
  }
  return {
    dn: entry.dn,
    lockout: values['pwdLockout'] === 'TRUE',
    maxAgeSeconds: Number(values['pwdMaxAge'] ?? 0),
    values,
  };
}
