import { homeFolder } from '../core/paths.ts';
import { environmentLanguage, type Language, toLanguage } from './texts/language.ts';
import { loadTexts } from './texts/texts.ts';

/** What decides about the language of texts, before the configuration does. */
export interface LanguageHints {
  /** Value of `--lang`. */
  flag?: string | undefined;
  /** Value of `--config` or OAOPS_CONFIG. */
  configFile?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * `--lang`, OAOPS_LANG, configuration, locale. The configuration is only read when there is one; a broken one is not the
 * matter here: who needs a setting will say what is wrong with it. The texts of the language are there afterwards.
 */
export async function chooseLanguage(hints: LanguageHints): Promise<Language> {
  const lang = await languageOf(hints);
  await loadTexts(lang);
  return lang;
}

async function languageOf({ flag, configFile, env }: LanguageHints): Promise<Language> {
  const own = toLanguage(flag) ?? toLanguage(env['OAOPS_LANG']);
  if (own) return own;
  const { filesOf } = await import('../config/files.ts');
  const place = { env, uid: process.geteuid?.() ?? -1, home: homeFolder(env) };
  const options = { place, explicit: configFile };
  if (filesOf(options).some((file) => file.present)) {
    try {
      const { readConfig } = await import('../config/load.ts');
      const configured = readConfig(options).settings.lang;
      if (configured) return configured;
    } catch {
      // See above.
    }
  }
  return environmentLanguage(env) ?? 'en';
}

/** The value of a flag on a command line that has not been parsed, or could not be. */
export function flagValue(argv: readonly string[], flag: string): string | undefined {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const joined = words.find((word) => word.startsWith(`${flag}=`));
  if (joined !== undefined) return joined.slice(flag.length + 1);
  const at = words.indexOf(flag);
  return at === -1 ? undefined : words[at + 1];
}
