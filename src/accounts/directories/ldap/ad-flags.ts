import { OaopsError } from '../../../core/errors.ts';
import type { LdapEntry } from '../../ports.ts';
import { bytesOf, textOf, textsOf, valuesOf } from './values.ts';

/** Bits of userAccountControl ([MS-ADTS] section 2.2.16). */
export const uac = {
  disabled: 0x2,
  passwordNotRequired: 0x20,
  normal: 0x200,
  /** Trusts between domains, computers, domain controllers. */
  machine: 0x800 | 0x1000 | 0x2000,
  passwordNeverExpires: 0x1_0000,
  smartcardRequired: 0x4_0000,
} as const;

/** The rule by which a filter asks for bits, and the one by which it asks for members of members ([MS-ADTS] section 3.1.1.3.4.4). */
export const bitRule = '1.2.840.113556.1.4.803';
export const chainRule = '1.2.840.113556.1.4.1941';

export function uacOf(entry: LdapEntry): number | undefined {
  const text = textOf(entry, 'userAccountControl');
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** userAccountControl of an entry. @throws OaopsError `account-state-hidden` (exit 4) */
export function knownUac(entry: LdapEntry): number {
  const flags = uacOf(entry);
  if (flags !== undefined) return flags;
  throw new OaopsError('account-state-hidden', `${entry.dn} shows no userAccountControl`, {
    exitCode: 4,
    next: 'Give the account of "bindDn" the right to read it.',
  });
}

/** objectGUID as people write it. */
export function guidOf(entry: LdapEntry): string | undefined {
  const [value] = valuesOf(entry, 'objectGUID');
  const bytes = value === undefined ? undefined : bytesOf(value);
  if (bytes?.length !== 16) return undefined;
  const part = (from: number, to: number) => bytes.subarray(from, to);
  const turned = [part(0, 4), part(4, 6), part(6, 8)].map((each) => Buffer.from(each).reverse());
  return [...turned, part(8, 10), part(10, 16)].map((each) => each.toString('hex')).join('-');
}

/** objectSid as people write it ([MS-DTYP] section 2.4.2.1). */
export function sidOf(entry: LdapEntry): string | undefined {
  const [value] = valuesOf(entry, 'objectSid');
  const bytes = value === undefined ? undefined : bytesOf(value);
  if (!bytes || bytes.length < 8 || bytes.length !== 8 + bytes[1]! * 4) return undefined;
  const parts = Array.from({ length: bytes[1]! }, (_, at) => bytes.readUInt32LE(8 + at * 4));
  return ['S', bytes[0], bytes.readUIntBE(2, 6), ...parts].join('-');
}

const builtIn: Record<string, string> = {
  500: 'the built-in Administrator',
  501: 'the built-in Guest',
  502: 'krbtgt, which signs all tickets',
  503: 'the built-in default account',
  504: 'the built-in account of Application Guard',
};

/** Why Active Directory itself, or Exchange, needs an entry as it is. */
export function adUntouchable(entry: LdapEntry, login: string): string | undefined {
  const rid = /-(\d+)$/.exec(sidOf(entry) ?? '')?.[1];
  const known = rid === undefined ? undefined : builtIn[rid];
  if (known !== undefined) return known;
  if (/^krbtgt(_|$)/i.test(login)) return builtIn['502'];
  if (isMachine(entry, login)) return 'a computer, a trust or a managed service account';
  if (
    /^(HealthMailbox|SystemMailbox|DiscoverySearchMailbox|FederatedEmail|Migration\.|msExch|SM_[0-9a-f]+$|\$)/i.test(
      login,
    )
  )
    return 'a system mailbox of Exchange';
  if (textOf(entry, 'adminCount') === '1') return 'protected by Active Directory (adminCount is 1)';
  if (textOf(entry, 'isCriticalSystemObject') === 'TRUE') return 'an object that Active Directory itself needs';
  return undefined;
}

export function isBuiltIn(entry: LdapEntry): boolean {
  return /-50[0-4]$/.test(sidOf(entry) ?? '');
}

export function isMachine(entry: LdapEntry, login: string): boolean {
  const classes = textsOf(entry, 'objectClass').map((name) => name.toLowerCase());
  const machines = [
    'computer',
    'msds-managedserviceaccount',
    'msds-groupmanagedserviceaccount',
    'msds-delegatedmanagedserviceaccount',
  ];
  return (
    login.endsWith('$') || classes.some((name) => machines.includes(name)) || ((uacOf(entry) ?? 0) & uac.machine) !== 0
  );
}

/** Only the server sets these, or they follow from others ([MS-ADTS] section 3.1.1.5.2.2). */
const systemOnly =
  /^(instanceType|when(Created|Changed)|uSN\w+|name|object(GUID|Sid|Category)|bad\w+|lastLog\w+|logonCount|pwdLastSet|sAMAccountType|memberOf|distinguishedName|dSCorePropagationData|isCriticalSystemObject|adminCount|primaryGroupID|sIDHistory|nTSecurityDescriptor|repl\w+|parentGUID|lockoutTime|directReports|managedObjects|canonicalName|createTimeStamp|modifyTimeStamp|structuralObjectClass|token\w*|\w+BL|(netboot|server|nonSecurityMember|frs\w+|queryPolicy|siteObject|masteredBy|bridgehead)\w*(BL|Objects)|msDS-(User-Account-Control-Computed|UserPasswordExpiryTimeComputed|ResultantPSO|SupportedEncryptionTypes-Computed|Revealed\w+|AuthenticatedAtDC|LastSuccessful\w+|LastFailed\w+|Failed\w+|parentdistname|LocalEffective\w+|KeyVersionNumber|PrincipalName))$/i;

export function isSetByAd(attribute: string): boolean {
  return systemOnly.test(attribute);
}
