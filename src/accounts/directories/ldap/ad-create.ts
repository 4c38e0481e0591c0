import { dnValue } from '../../../core/dn.ts';
import { OaopsError, usageError } from '../../../core/errors.ts';
import { filterValue } from '../../../core/ldap-filter.ts';
import type { NewAccount } from '../../directory.ts';
import type { LdapValue } from '../../ports.ts';
import type { DirectorySpecOf } from '../../schema/directories.ts';
import { filetimeOf } from '../times.ts';
import type { Domain } from './ad-domain.ts';
import { uac } from './ad-flags.ts';
import type { Dialect } from './dialect.ts';
import { accountExists, notAdded, requireWithin } from './openldap-create.ts';

/**
 * A new account with a password that has to be changed at the first login.
 * @returns its name and key
 * @throws OaopsError `account-exists` (exit 4), `directory-password-plain`, `create-base-outside` (exit 2)
 */
export async function createInAd(
  maker: Dialect & { spec: DirectorySpecOf<'active-directory'> },
  domain: Domain,
  account: NewAccount,
  signal: AbortSignal,
): Promise<{ dn: string; key: string }> {
  const { session, spec, fields } = maker;
  if (!spec.url.startsWith('ldaps:') && !spec.startTls) {
    throw usageError('directory-password-plain', 'Active Directory takes passwords over encrypted connections only', {
      next: 'Use an ldaps:// URL or "startTls: true".',
    });
  }
  const createBase = spec.createBase ?? `CN=Users,${domain.dn}`;
  requireWithin(createBase, spec.base);
  const { login } = account;
  const filter = `(|(sAMAccountName=${filterValue(login)})(userPrincipalName=${filterValue(`${login}@${domain.dnsName}`)}))`;
  const request = { base: domain.dn, scope: 'sub' as const, filter, attributes: ['1.1'] };
  for await (const [taken] of session.search(request, signal)) if (taken) throw accountExists(login, taken.dn);
  const attributes: Record<string, LdapValue[]> = {
    objectClass: ['user'],
    sAMAccountName: [login],
    userPrincipalName: [`${login}@${domain.dnsName}`],
    unicodePwd: [passwordBytes(account.password)],
    userAccountControl: [String(uac.normal)],
    pwdLastSet: ['0'],
  };
  if (account.expiresAt !== undefined) attributes['accountExpires'] = [filetimeOf(account.expiresAt)];
  for (const [field, value] of Object.entries(account.attributes)) attributes[fields[field] ?? field] = [value];
  const dn = `CN=${dnValue(login)},${createBase}`;
  try {
    await session.add(dn, attributes, signal);
  } catch (error) {
    throw notAdded(error, login, dn);
  }
  const made = { base: dn, scope: 'base' as const, filter: '(objectClass=*)', attributes: ['objectGUID'] };
  for await (const [entry] of session.search(made, signal)) {
    const key = entry && maker.keyOf(entry);
    if (entry && key !== undefined) return { dn: entry.dn, key };
  }
  throw new OaopsError('account-gone', `${dn} is not in the directory any more`, { next: 'Try again.' });
}

/** [MS-ADTS] section 3.1.1.3.1.5.1. */
function passwordBytes(password: string): Uint8Array {
  return new Uint8Array(Buffer.from(`"${password}"`, 'utf16le'));
}
