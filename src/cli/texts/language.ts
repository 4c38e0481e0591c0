/** The languages that the texts of the command line come in. */
export const languages = ['en', 'zh-CN'] as const;
export type Language = (typeof languages)[number];

/** A language tag or POSIX locale name (`zh_CN.UTF-8`, `zh-Hans`, `en_GB`, `C`) as one of ours; undefined for others. */
export function toLanguage(name: string | undefined): Language | undefined {
  const word = name?.toLowerCase().replace('_', '-') ?? '';
  if (/^zh\b/.test(word)) return 'zh-CN';
  if (/^(en\b|c$|c\.|posix$)/.test(word)) return 'en';
  return undefined;
}

/**
 * OAOPS_LANG, then the locale of the process: LC_ALL, LC_MESSAGES, LANG; the first that is set decides
 * (POSIX.1-2024, chapter 8.2). Texts are written in UTF-8: a locale that names another character set gets English, which
 * every terminal can show; who says `--lang` or OAOPS_LANG gets what he says.
 */
export function environmentLanguage(env: Readonly<Record<string, string | undefined>>): Language | undefined {
  const own = toLanguage(env['OAOPS_LANG']);
  if (own) return own;
  const locale = toLanguage(env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG']);
  const charset = /\.([\w-]+)/.exec(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '')?.[1];
  return locale === 'zh-CN' && charset !== undefined && !/^utf-?8$/i.test(charset) ? 'en' : locale;
}
