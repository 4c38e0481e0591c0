import { Chalk } from 'chalk';

export type Paint = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** The sixteen colours that every terminal and theme has. */
const chalk = new Chalk({ level: 1 });

/** Colours one piece of text when `on`; `wantsColor` and `--color` decide, not the library's own look at the streams. */
export function paint(on: boolean, how: Paint, words: string): string {
  return on ? chalk[how](words) : words;
}

/**
 * Whether a stream gets colours: `--no-color` and NO_COLOR (any non-empty value, no-color.org) say no, FORCE_COLOR says
 * yes, otherwise terminals that are not `dumb` do.
 */
export function wantsColor(stream: { isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
