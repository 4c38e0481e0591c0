import { z } from 'zod';
import type { About, Judged } from '../types.ts';
import { inFull } from './in-short.ts';
import { levelKey } from './level.ts';

/*
 * Checks that compare a list with the one of before. What is told of once is the new state of things, unless the list is held; then the
 * difference is told until somebody writes it into `expected`.
 */

const keptSchema = z.object({ list: z.array(z.string()).max(20_000) });

/** Arguments of a check that tells changes of a list. */
export const changeKeys = {
  since: z
    .enum(['last', 'first'])
    .default('last')
    .describe(
      'With which list it is compared. last: that of the run before, so a change is told once; first: that of the first run, so it is told until it is gone, or expected.',
    ),
  expected: z
    .array(z.string().min(1))
    .max(1000)
    .default([])
    .describe('What may come and go, as the details of the check write it; a * stands for anything.'),
  gone: z
    .enum(['ignored', 'warn', 'fail'])
    .default('warn')
    .describe('What it is when something is not there any more.'),
  level: levelKey('fail'),
};

/** What a check says of a list; its messages are sentences of its own, for one thing or more of it. */
export interface ChangeTexts {
  first(count: number): string;
  same(count: number): string;
  changed(added: number, gone: number): string;
  added(entry: string): string;
  gone(entry: string): string;
  next: string;
}

/** `list`: entries as they are kept; `show`: how people read one. */
export function changes(
  list: readonly string[],
  args: { since: 'last' | 'first'; expected: string[]; gone: 'ignored' | 'warn' | 'fail'; level: 'warn' | 'fail' },
  { kept }: Pick<About, 'kept'>,
  texts: ChangeTexts,
  show: (entry: string) => string = (entry) => entry,
): Judged {
  const now = [...new Set(list)].sort();
  const before = keptSchema.safeParse(kept);
  if (!before.success && kept !== undefined)
    return {
      state: 'error',
      message: 'what was kept of the last run is not understood: the list of now is kept instead',
      keep: { list: now },
    };
  if (!before.success) return { state: 'pass', message: texts.first(now.length), keep: { list: now } };
  const old = new Set(before.data.list);
  const current = new Set(now);
  const isExpected = patternsOf(args.expected);
  const added = now.filter((entry) => !old.has(entry) && !isExpected(entry));
  const gone = [...old].filter((entry) => !current.has(entry) && !isExpected(entry));
  const told = args.gone === 'ignored' ? [] : gone;
  const moved = now.length !== old.size || now.some((entry) => !old.has(entry));
  const keep = args.since === 'last' && moved ? { keep: { list: now } } : {};
  if (added.length + told.length === 0) return { state: 'pass', message: texts.same(now.length), ...keep };
  const state =
    added.length > 0 && args.level === 'fail' ? 'fail' : told.length > 0 && args.gone === 'fail' ? 'fail' : 'warn';
  const details = [...added.map((entry) => texts.added(show(entry))), ...told.map((entry) => texts.gone(show(entry)))];
  return {
    state,
    message: details.length === 1 ? details[0]! : texts.changed(added.length, told.length),
    details: inFull(details),
    next: texts.next,
    ...keep,
  };
}

function patternsOf(expected: readonly string[]): (entry: string) => boolean {
  const patterns = expected.map(
    (text) =>
      new RegExp(
        `^${text
          .split('*')
          .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
          .join('.*')}$`,
        's',
      ),
  );
  return (entry) => patterns.some((pattern) => pattern.test(entry));
}
