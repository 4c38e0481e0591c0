import { OaopsError } from '../../../core/errors.ts';
import { ExitCode } from '../../../core/exit-codes.ts';

export function exists(what: string, name: string): OaopsError {
  return new OaopsError('database-exists', `${what} ${name} exists`, {
    exitCode: ExitCode.refused,
    next: `Load into a new name, or give --confirm ${name} to remove what is there first.`,
  });
}

export function loadFailed(
  message: string,
  next = 'What was loaded until then is not complete: remove it, and see the message.',
): OaopsError {
  return new OaopsError('load-failed', message, { next });
}

/** The program ended well and has not said what it was to say last: it has not read all of the dump. */
export function cutOff(what: string): OaopsError {
  return loadFailed(
    `${what} ended well, but has not read the dump to its end`,
    'The connection was lost on the way: remove what was loaded, and load it again.',
  );
}
