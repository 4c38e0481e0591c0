import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, OaopsError } from '../core/errors.ts';
import { objectNames } from './format/object-names.ts';

/**
 * What lies beside the data of every leg so that it can be restored without this tool: the names of the objects and their
 * bytes, from `templates/restore` of the installed package.
 *
 * @throws OaopsError `restore-kit-missing`: a repository without them would break the promise, so `init` stops
 */
export function restoreKit(packageRoot: string): { name: string; bytes: Uint8Array }[] {
  return [objectNames.readme, objectNames.restoreScript].map((name) => {
    const file = join(packageRoot, 'templates/restore', name);
    try {
      return { name, bytes: readFileSync(file) };
    } catch (error) {
      throw new OaopsError('restore-kit-missing', `${file} can't be read: ${messageOf(error)}`, {
        next: 'The installation is not complete: install oaops again.',
        cause: error,
      });
    }
  });
}
