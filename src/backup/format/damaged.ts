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

/** Blocks larger than this are refused when read: a guard against decompression bombs. */
export const maxPlainBytes = 1024 * 1024 * 1024;

/** Of a manifest or block. */
export function unreadableFrame(): OaopsError {
  return damaged('a zstd frame of a manifest cannot be read');
}

/** @param name of a block */
export function otherText(name: string): OaopsError {
  return damaged(`${name} holds another text than its manifest says`);
}
