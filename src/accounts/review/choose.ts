import { usageError } from '../../core/errors.ts';
import { comparable } from '../matching/comparable.ts';
import type { Decision } from '../record/decisions.ts';
import type { ReviewLine } from './lines.ts';

/** What somebody says on the command line: lines by their names, or all lines of a login. */
export interface Choice {
  all?: 'do' | 'keep' | undefined;
  do: readonly string[];
  keep: readonly string[];
  reason?: string | undefined;
}

/** What is to become of a line. */
export interface Chosen {
  decision: 'do' | 'keep';
  reason?: string;
}

/**
 * Decisions on lines. A reason is that of the lines that are named, and of all lines where none is. `all` is about those that nobody has decided yet; a line that is named can be decided anew as long as the list is open.
 * @throws OaopsError `line-unknown`, `line-twice` (exit 2)
 */
export function chosenLines(
  choice: Choice,
  lines: readonly ReviewLine[],
  decided: ReadonlyMap<string, Decision>,
): Map<string, Chosen> {
  const chosen = new Map<string, Chosen>();
  const reason = choice.reason === undefined ? {} : { reason: choice.reason };
  for (const decision of ['do', 'keep'] as const)
    for (const name of choice[decision])
      for (const { id, login } of named(name, lines)) {
        if ((chosen.get(id)?.decision ?? decision) !== decision)
          throw usageError('line-twice', `the line ${id} (${login}) is to be done and to be kept`, {
            next: 'Name each line with --do or with --keep.',
          });
        chosen.set(id, { decision, ...reason });
      }
  if (choice.all === undefined) return chosen;
  const rest = { decision: choice.all, ...(chosen.size === 0 ? reason : {}) };
  for (const { id } of lines) if (!decided.has(id) && !chosen.has(id)) chosen.set(id, rest);
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
