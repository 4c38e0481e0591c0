import { dnKey, isWithin } from '../../../core/dn.ts';
import { OaopsError } from '../../../core/errors.ts';
import { filterValue } from '../../../core/ldap-filter.ts';
import { matchesPattern } from '../../../core/patterns.ts';
import type { LdapEntry, LdapSession } from '../../ports.ts';
import { generalizedTimeMs } from '../times.ts';
import { chainRule, sidOf } from './ad-flags.ts';
import { textOf, textsOf } from './values.ts';

/** The domain that accounts lie in. */
export interface Domain {
  dn: string;
  /** `example.com`. */
  dnsName: string;
  sid: string | undefined;
  /** Since Windows Server 2003 (2) a domain keeps lastLogonTimestamp, unless it was told to write it later than 14 days, or not at all. */
  keepsLogons: boolean;
  /** Since Windows Server 2008 (3) a domain may have policies for some of its accounts. */
  mayHaveSettings: boolean;
  /** Of the server, in milliseconds since 1970. */
  clockMs: number | undefined;
  entry: LdapEntry;
}

/** Groups with power over the domain, by the end of their SID. */
const powerful = [512, 518, 519, 520, 526, 527];
/** Groups with power over its controllers (S-1-5-32). */
const powerfulBuiltIn = [544, 548, 549, 550, 551];

const policyAttributes = [
  'objectSid',
  'minPwdLength',
  'maxPwdAge',
  'minPwdAge',
  'pwdHistoryLength',
  'pwdProperties',
  'lockoutThreshold',
  'lockoutDuration',
  'msDS-LogonTimeSyncInterval',
];

/** @throws OaopsError `domain-missing` (exit 2) */
export async function readDomain(session: LdapSession, base: string, signal: AbortSignal): Promise<Domain> {
  const [root] = await entriesAt(session, '', ['namingContexts', 'domainFunctionality', 'currentTime'], signal);
  const contexts = root ? textsOf(root, 'namingContexts') : [];
  const dn = contexts.filter((context) => isWithin(base, context)).sort((one, other) => other.length - one.length)[0];
  const [entry] = dn === undefined ? [] : await entriesAt(session, dn, policyAttributes, signal);
  if (dn === undefined || !entry) {
    throw new OaopsError('domain-missing', `${base} lies in no domain that the server holds and shows`, {
      exitCode: 2,
      next: 'Name a domain controller of that domain in "url", and check "base".',
    });
  }
  const level = Number(root && textOf(root, 'domainFunctionality'));
  const parts = dn.split(',').map((part) => part.replace(/^\s*DC=/i, ''));
  return {
    dn,
    dnsName: parts.join('.'),
    sid: sidOf(entry),
    keepsLogons: level >= 2 && isSyncUsual(entry),
    mayHaveSettings: level >= 3,
    clockMs: root && generalizedTimeMs(textOf(root, 'currentTime')),
    entry,
  };
}

/** Days between two writings of lastLogonTimestamp ([MS-ADA2] section 2.475); 0: none. */
function isSyncUsual(entry: LdapEntry): boolean {
  const days = Number(textOf(entry, 'msDS-LogonTimeSyncInterval') ?? 14);
  return days >= 1 && days <= 14;
}

async function entriesAt(session: LdapSession, base: string, attributes: string[], signal: AbortSignal) {
  const found: LdapEntry[] = [];
  for await (const page of session.search({ base, scope: 'base', filter: '(objectClass=*)', attributes }, signal))
    found.push(...page);
  return found;
}

/**
 * Who belongs to groups with special power, through other groups too: names of entries, by `dnKey`, to the names of those groups.
 * `patterns`: further groups, by DN or name.
 */
export async function privilegedMembers(
  session: LdapSession,
  domain: Domain,
  patterns: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, string[]>> {
  const sids = powerfulBuiltIn.map((rid) => `S-1-5-32-${rid}`);
  if (domain.sid !== undefined) sids.push(...powerful.map((rid) => `${domain.sid}-${rid}`));
  const groups = new Map<string, string>();
  const known = `(|${sids.map((sid) => `(objectSid=${sid})`).join('')})`;
  for await (const page of session.search(inDomain(`(&(objectCategory=group)${known})`, ['sAMAccountName']), signal))
    for (const group of page) groups.set(group.dn, nameOf(group));
  if (patterns.length > 0)
    for await (const page of session.search(inDomain('(objectCategory=group)', ['sAMAccountName']), signal))
      for (const group of page) if (fits(group)) groups.set(group.dn, nameOf(group));
  const members = new Map<string, string[]>();
  for (const [dn, name] of groups) {
    const filter = `(&(objectCategory=person)(memberOf:${chainRule}:=${filterValue(dn)}))`;
    for await (const page of session.search(inDomain(filter, ['1.1']), signal))
      for (const { dn: member } of page) {
        const key = dnKey(member);
        members.set(key, [...(members.get(key) ?? []), name]);
      }
  }
  return members;

  function inDomain(filter: string, attributes: string[]) {
    return { base: domain.dn, scope: 'sub' as const, filter, attributes };
  }
  function fits(group: LdapEntry): boolean {
    const names = [group.dn, nameOf(group)].map((name) => name.toLowerCase());
    return patterns.some((pattern) => names.some((name) => matchesPattern(pattern.toLowerCase(), name)));
  }
}

function nameOf(group: LdapEntry): string {
  return textOf(group, 'sAMAccountName') ?? group.dn;
}

/** Primary groups with power: nobody stands in them as a member. */
export function powerfulPrimaryGroup(id: string | undefined): string | undefined {
  return id !== undefined && powerful.includes(Number(id)) ? `primary group ${id}` : undefined;
}
