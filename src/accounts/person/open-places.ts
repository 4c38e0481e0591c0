import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { Audit } from '../audit/audit.ts';
import { isRead, type ReadDirectory } from '../audit/read-all.ts';
import type { Company } from '../schema/spec.ts';

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
