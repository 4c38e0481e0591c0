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
  /** Its entry is shown, its rules are not. */
  hidden: boolean;
}

/** What is known of the rules for passwords of a server. */
export interface Ppolicy {
  /** DN of the naming context that holds the people. */
  context: string;
  /** Attributes that the server knows. */
  knows(attribute: string): boolean;
  policies: Policy[];
  /** `none`: there is none; `unknown`: the login may not see which, or not what it says. */
  default: Policy | 'none' | 'unknown';
  /** Why there is none, or why it is not known, for people. */
  why?: string;
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
  const config = await overlayByConfig(session, base, signal);
  // Without the overlay policies are entries like any others.
  const isLooked = knows('pwdLockout') && config !== 'none';
  const asked = ['dn', 'pwdAttribute', ...policyAttributes];
  const found = isLooked ? await entries(session, context, 'sub', asked, signal, '(objectClass=pwdPolicy)') : [];
  const policies = found.map(policyOf);
  const byKey = new Map(policies.map((policy) => [dnKey(policy.dn), policy]));
  const told = typeof config === 'object' ? config.default : undefined;
  const named = configured ?? told;
  const policy = named === undefined ? undefined : byKey.get(dnKey(named));
  if (configured !== undefined && isLooked && !policy) {
    throw new OaopsError('policy-missing', `the directory does not show the policy ${configured}`, {
      exitCode: 2,
      next: 'Correct "defaultPolicy", or give the account of "bindDn" the right to read it.',
    });
  }
  const standard = standardOf();
  return {
    context,
    knows,
    policies,
    ...standard,
    of(subentry) {
      if (subentry === undefined || !isLooked) return standard.default;
      // The overlay holds by a policy that there is not as if there were none; but it may only be hidden.
      return byKey.get(dnKey(subentry)) ?? 'unknown';
    },
  };

  function standardOf(): Pick<Ppolicy, 'default' | 'why'> {
    if (!isLooked) return { default: 'none', why: noOverlay };
    if (policy) return { default: policy };
    if (named !== undefined)
      return { default: 'unknown', why: `the default policy ${named} is not there, or not shown` };
    if (typeof config === 'object') return { default: 'none', why: 'no default policy' };
    return { default: 'unknown', why: 'cn=config is not shown to the login, and "defaultPolicy" is not set' };
  }
}

const noOverlay = 'no overlay ppolicy';

/** What cn=config says of the overlay of the database; undefined where it is not shown. */
async function overlayByConfig(
  session: LdapSession,
  base: string,
  signal: AbortSignal,
): Promise<'none' | { default?: string } | undefined> {
  const databases = await entries(session, 'cn=config', 'sub', ['olcSuffix'], signal, '(olcSuffix=*)');
  const own = databases.find((database) => textsOf(database, 'olcSuffix').some((suffix) => isWithin(base, suffix)));
  if (!own) return undefined;
  const filter = '(objectClass=olcPPolicyConfig)';
  const overlays = await entries(session, 'cn=config', 'sub', ['olcPPolicyDefault'], signal, filter);
  // One of the frontend holds for all databases.
  const overlay =
    overlays.find(({ dn }) => isWithin(dn, own.dn)) ??
    overlays.find(({ dn }) => /,olcDatabase=(\{-1\})?frontend,/i.test(dn));
  if (!overlay) return 'none';
  const named = textOf(overlay, 'olcPPolicyDefault');
  return named === undefined ? {} : { default: named };
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
    // Every policy has one (draft-behera-ldap-password-policy section 5.2.1).
    hidden: textOf(entry, 'pwdAttribute') === undefined,
  };
}
