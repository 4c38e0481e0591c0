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
 * (POSIX.1-2024, chapter 8.2).
 */
export function environmentLanguage(env: Readonly<Record<string, string | undefined>>): Language | undefined {
  return toLanguage(env['OAOPS_LANG']) ?? toLanguage(env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG']);
}
