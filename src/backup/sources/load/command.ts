import { usageError } from '../../../core/errors.ts';
import { withVia } from '../types.ts';
import type { Loader } from './types.ts';

/** Runs a program, and says so when it has left something unread: over ssh, all may have been sent by then. */
const wholeText = `
"$@" || exit $?
[ "$(head -c 1 | wc -c)" -eq 0 ] || { echo "it has not read the dump to its end" >&2; exit 75; }
`;

/** Any program that reads the dump. It is named by who restores, never by the snapshot. */
export const loadCommand: Loader = async (dump, context) => {
  const { argv } = context.target;
  if (!argv || argv.length === 0)
    throw usageError('load-command-missing', 'no command is given that loads the dump', {
      next: 'Give it with --shell: a script for /bin/sh that reads the dump on standard input.',
    });
  await context.feed(dump, { argv: ['/bin/sh', '-c', wholeText, 'oaops', ...withVia(context.target, argv)] }, argv[0]!);
  return { file: dump.file };
};
