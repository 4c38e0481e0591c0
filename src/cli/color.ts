import { styleText } from 'node:util';

export type Paint = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** Colours one piece of text when `on`; styleText's own look at the streams is switched off, as `--color` decides. */
export function paint(on: boolean, how: Paint, words: string): string {
  return on ? styleText(how, words, { validateStream: false }) : words;
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
