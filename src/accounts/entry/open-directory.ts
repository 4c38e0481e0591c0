import type { OpenDirectory } from '../directory.ts';
import type { AccountDoors } from '../ports.ts';
import type { DirectorySpec } from '../schema/directories.ts';

/** Logs in to a directory, whatever its type. @throws OaopsError as its type says */
export async function openDirectory(
  spec: DirectorySpec,
  doors: AccountDoors,
  signal: AbortSignal,
): Promise<OpenDirectory> {
  switch (spec.type) {
    case 'openldap':
      return (await import('../directories/openldap.ts')).openOpenLdap(spec, doors, signal);
    case 'active-directory':
      return (await import('../directories/active-directory.ts')).openActiveDirectory(spec, doors, signal);
    case 'linux':
      return (await import('../directories/linux.ts')).openLinux(spec, doors, signal);
    case 'sql':
      return (await import('../directories/sql.ts')).openSql(spec, doors);
    case 'csv':
      return (await import('../directories/csv.ts')).openCsv(spec, doors);
  }
}
