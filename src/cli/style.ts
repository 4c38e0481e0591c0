import { flagValue } from './choose-language.ts';
import { wantsColor } from './color.ts';
import type { FailureStyle } from './failure.ts';
import { environmentLanguage, toLanguage } from './texts/language.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How to tell an error that came before, or instead of, the parsing of the command line. */
export function detectStyle(argv: readonly string[], env: Environment): FailureStyle {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  return {
    json: flags.includes('--json'),
    debug: flags.includes('--debug'),
    lang: toLanguage(flagValue(argv, '--lang')) ?? environmentLanguage(env) ?? 'en',
    color: !flags.includes('--no-color') && wantsColor(process.stderr, env),
  };
}
