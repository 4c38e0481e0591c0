import { usageError } from '../../core/errors.ts';
import { comparable } from '../matching/comparable.ts';
import type { Decision } from '../record.ts';
import type { ReviewLine } from './lines.ts';

/** What somebody says on the command line: lines by their names, or all lines of a login. */
export interface Choice {
  all?: 'do' | 'keep' | undefined;
  do: readonly string[];
  keep: readonly string[];
}

/**
 * Decisions on lines. `all` is about those that nobody has decided yet; a line that is named can be decided anew as long as the list is open.
 * @throws OaopsError `line-unknown`, `line-twice` (exit 2)
 */
export function chosenLines(
  choice: Choice,
  lines: readonly ReviewLine[],
  decided: ReadonlyMap<string, Decision>,
): Map<string, 'do' | 'keep'> {
  const chosen = new Map<string, 'do' | 'keep'>();
  for (const decision of ['do', 'keep'] as const)
    for (const name of choice[decision])
      for (const { id, login } of named(name, lines)) {
        if ((chosen.get(id) ?? decision) !== decision)
          throw usageError('line-twice', `the line ${id} (${login}) is to be done and to be kept`, {
            next: 'Name each line with --do or with --keep.',
          });
        chosen.set(id, decision);
      }
  if (choice.all !== undefined)
    for (const { id } of lines) if (!decided.has(id) && !chosen.has(id)) chosen.set(id, choice.all);
  return chosen;
}

function named(name: string, lines: readonly ReviewLine[]): ReviewLine[] {
  const line = lines.filter(({ id, item }) => id === name || item === name);
  if (line.length > 0) return line;
  const login = comparable(name, true);
  const own = lines.filter((one) => comparable(one.login, true) === login);
  if (own.length > 0) return own;
  throw usageError('line-unknown', `there is no line or login "${name}" in the list`, {
    next: 'See the list with "oaops account review RUN --list".',
  });
}
