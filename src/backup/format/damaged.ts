import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';

/** Stored data that is not what docs/backup-format.md says: exit 9. */
export function damaged(fact: string, cause?: unknown): OaopsError {
  return new OaopsError('repository-damaged', `damaged repository data: ${fact}`, {
    exitCode: ExitCode.verificationFailed,
    next: 'Run "oaops backup verify" to see what is affected, and read from another leg.',
    ...(cause === undefined ? {} : { cause }),
  });
}
