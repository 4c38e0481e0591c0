import { wantsColor } from './color.ts';
import type { FailureStyle } from './failure.ts';
import { environmentLanguage, toLanguage } from './texts/language.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How to tell an error that came before, or instead of, the parsing of the command line. */
export function detectStyle(argv: readonly string[], env: Environment): FailureStyle {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const given =
    flags.find((word) => word.startsWith('--lang='))?.slice('--lang='.length) ?? flags[flags.indexOf('--lang') + 1];
  return {
    json: flags.includes('--json'),
    debug: flags.includes('--debug'),
    lang: (flags.some((word) => word.startsWith('--lang')) && toLanguage(given)) || environmentLanguage(env) || 'en',
    color: !flags.includes('--no-color') && wantsColor(process.stderr, env),
  };
}
