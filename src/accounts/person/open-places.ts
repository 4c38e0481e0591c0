import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { Audit } from '../audit/audit.ts';
import { isRead, type ReadDirectory } from '../audit/read-all.ts';
import type { RoleMatrix } from '../company/roles.ts';
import type { KnownPerson } from '../matching/people.ts';
import type { Company } from '../schema/spec.ts';
import { dueRights } from './due.ts';

/** Where accounts are made; each must have been read, because who has an account already is not known else. */
export function directoriesFor(audit: Audit, company: Company): ReadDirectory[] {
  const named = company.opening.directories;
  const all = audit.read.directories;
  for (const one of all)
    if (!isRead(one) && (named === undefined || named.includes(one.id)))
      throw new OaopsError(
        one.error.code,
        `the directory ${one.id} was not read, so nothing is planned: ${one.error.message}`,
        { exitCode: ExitCode.refused, next: one.error.next ?? 'Repair it, or name others in "opening.directories".' },
      );
  const able = all.filter(isRead).filter(({ can }) => can.has('create'));
  const unable = named?.find((id) => !able.some(({ spec }) => spec.id === id));
  if (unable !== undefined || able.length === 0)
    throw new OaopsError(
      'directory-unable',
      unable === undefined ? 'no directory is able to make accounts' : `the directory ${unable} cannot make accounts`,
      {
        exitCode: ExitCode.usage,
        next: 'Declare how accounts are made there, or leave it out of "opening.directories".',
      },
    );
  return named === undefined ? able : able.filter(({ spec }) => named.includes(spec.id));
}

/** Where one account is made. */
export interface OpeningPlace {
  directory: ReadDirectory;
  /** Of a directory that is many hosts. */
  host?: string;
}

/**
 * Where a person gets accounts. A login on a host is power of its own: nobody has it whose role gives nothing there, and on hosts that nobody has named.
 * `notes`: why there is none in a directory, one line each.
 * @throws OaopsError `create-on-unknown` (exit 2)
 */
export function placesFor(
  person: KnownPerson,
  directories: readonly ReadDirectory[],
  { roles, hostNames }: { roles: RoleMatrix; hostNames(selectors: readonly string[]): string[] },
): { places: OpeningPlace[]; notes: string[] } {
  const notes: string[] = [];
  const places = directories.flatMap((directory): OpeningPlace[] => {
    const { spec } = directory;
    if (spec.type !== 'linux') return [{ directory }];
    const due = dueRights(person, spec, roles);
    if (due.rights.length === 0 && due.missing === undefined) {
      notes.push(`no account in ${spec.id}: the role gives no right there`);
      return [];
    }
    const all = hostNames([spec.targets].flat());
    const named = spec.createOn === undefined ? undefined : hostNames([spec.createOn].flat());
    const strange = named?.find((host) => !all.includes(host));
    if (strange !== undefined)
      throw usageError('create-on-unknown', `"createOn" of ${spec.id} names ${strange}, which is none of its hosts`, {
        next: 'Name hosts of "targets".',
      });
    const hosts = named ?? (all.length === 1 ? all : []);
    if (hosts.length === 0)
      notes.push(`no account in ${spec.id}: "createOn" does not say on which of its ${all.length} hosts`);
    return hosts.map((host) => ({ directory, host }));
  });
  return { places, notes };
}
