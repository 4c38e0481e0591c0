import type { ChangeName, OpenDirectory } from '../directory.ts';
import type { AccountDoors } from '../ports.ts';
import type { DirectorySpecOf } from '../schema/directories.ts';
import { AdDialect } from './ldap/ad-dialect.ts';
import { readDomain } from './ldap/ad-domain.ts';
import { LdapDirectory } from './ldap/ldap-directory.ts';
import { logIn } from './ldap/login.ts';

/**
 * Accounts of a domain of Active Directory. Bit 0x2 of userAccountControl disables; all other bits stay as they are.
 * @throws OaopsError `directory-login`, `domain-missing` (exit 2) and those of the door
 */
export async function openActiveDirectory(
  spec: DirectorySpecOf<'active-directory'>,
  doors: AccountDoors,
  signal: AbortSignal,
): Promise<OpenDirectory> {
  const session = await logIn(spec, doors, signal);
  try {
    const dialect = new AdDialect(session, spec, await readDomain(session, spec.base, signal), doors.nowMs());
    const can = new Set<ChangeName | 'create'>(['disable', 'strip', 'delete', 'grant', 'update', 'create']);
    if (spec.holdBase !== undefined) can.add('hold');
    return new LdapDirectory(dialect, can);
  } catch (error) {
    session.close();
    throw error;
  }
}
