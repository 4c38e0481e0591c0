import type { ChangeName, OpenDirectory } from '../directory.ts';
import type { AccountDoors } from '../ports.ts';
import type { DirectorySpecOf } from '../schema/directories.ts';
import { LdapDirectory } from './ldap/ldap-directory.ts';
import { logIn } from './ldap/login.ts';
import { OpenLdapDialect } from './ldap/openldap-dialect.ts';
import { readPpolicy } from './ldap/ppolicy.ts';

/**
 * Accounts of an OpenLDAP server. They are disabled by overlay ppolicy: where no policy is in effect that makes a lock work, `disable` is refused.
 * @throws OaopsError `directory-login`, `policy-missing` (exit 2) and those of the door
 */
export async function openOpenLdap(
  spec: DirectorySpecOf<'openldap'>,
  doors: AccountDoors,
  signal: AbortSignal,
): Promise<OpenDirectory> {
  const session = await logIn(spec, doors, signal);
  try {
    const ppolicy = await readPpolicy(session, spec.base, spec.defaultPolicy, signal);
    const dialect = new OpenLdapDialect(session, spec, ppolicy, doors.nowMs);
    const can = new Set<ChangeName | 'create'>(['strip', 'delete', 'grant', 'update', 'create']);
    if (spec.holdBase !== undefined) can.add('hold');
    if (dialect.locksWork) can.add('disable');
    return new LdapDirectory(dialect, can);
  } catch (error) {
    session.close();
    throw error;
  }
}
