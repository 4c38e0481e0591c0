import { isAbsolute, resolve } from 'node:path';
import { usageError } from '../../../core/errors.ts';
import type { AccountDoors, LdapSession } from '../../ports.ts';
import type { DirectorySpecOf } from '../../schema/directories.ts';

export type LdapSpec = DirectorySpecOf<'openldap'> | DirectorySpecOf<'active-directory'>;

/** @throws OaopsError `directory-login` (exit 2) and those of the door */
export async function logIn(spec: LdapSpec, doors: AccountDoors, signal: AbortSignal): Promise<LdapSession> {
  const { bindDn, password, caFile } = spec;
  if (bindDn === undefined || password === undefined) {
    throw usageError('directory-login', 'a login at the directory needs "bindDn" and "password"', {
      next: 'Whoever has not logged in sees a part only, which would look like the whole.',
    });
  }
  const door = await doors.ldap();
  return door.open(
    {
      url: spec.url,
      bind: { dn: bindDn, password: await doors.secret(password) },
      startTls: spec.startTls,
      timeoutMs: spec.timeout,
      ...(caFile !== undefined && { caFile: isAbsolute(caFile) ? caFile : resolve(doors.baseDir, caFile) }),
    },
    signal,
  );
}
