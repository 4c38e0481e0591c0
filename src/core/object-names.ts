import { OaopsError } from './errors.ts';
import { ExitCode } from './exit-codes.ts';

/**
 * Names of objects are slash-separated ASCII without empty, `.` and `..` parts: safe as a path, as a key and in a shell.
 * @throws OaopsError `object-name-invalid`
 */
export function checkObjectName(name: string): void {
  const fine = /^[A-Za-z0-9][A-Za-z0-9._+=-]*(\/[A-Za-z0-9][A-Za-z0-9._+=-]*)*$/.test(name) && name.length <= 512;
  if (!fine)
    throw new OaopsError('object-name-invalid', `"${name.slice(0, 80)}" is not a name for an object of a repository`);
}

/**
 * Objects that are never changed and that a backup is made of: these may be under write-once protection. Leases, marks, pins and
 * anchors lie outside, because they are deleted in daily work.
 */
export function isWriteOnce(name: string): boolean {
  return /^(packs|blocks|snapshots)\//.test(name);
}

/** What a repository should hold and does not: a finding about the data, not a failure of the tool. */
const lost = {
  exitCode: ExitCode.verificationFailed,
  next: 'Run "oaops backup verify" to see what is affected, and read from another leg.',
};

export function objectMissing(location: string, name: string, cause?: unknown): OaopsError {
  return new OaopsError('object-missing', `${name} is not in ${location}`, {
    ...lost,
    details: { object: name },
    cause,
  });
}

export function objectTruncated(location: string, name: string, wanted: number, got: number): OaopsError {
  return new OaopsError('object-truncated', `${name} in ${location} gave ${got} of ${wanted} bytes`, {
    ...lost,
    details: { object: name, wantedBytes: wanted, gotBytes: got },
  });
}

export function objectConflict(location: string, name: string, wanted: number, found: number): OaopsError {
  return new OaopsError(
    'object-conflict',
    `${name} is already in ${location} with ${found} bytes instead of ${wanted}`,
    {
      details: { object: name, wantedBytes: wanted, foundBytes: found },
      next: 'Run "oaops backup verify" on this repository: the stored object is damaged or was made by something else.',
    },
  );
}

/** The bytes handed over are not those that were announced: nothing was stored. */
export function bodyMismatch(name: string, what: string): OaopsError {
  return new OaopsError('object-body-mismatch', `${name} was not stored: ${what}`, {
    details: { object: name },
    next: 'Check memory and the disk of the spool folder, then run the backup again.',
  });
}
