import type { OaopsError } from '../../core/errors.ts';
import { en, type TextKey } from './en.ts';
import { errorsZhCn } from './errors-zh-cn.ts';
import type { Language } from './language.ts';
import { zhCn } from './zh-cn.ts';

export type { TextKey } from './en.ts';
export type { Language } from './language.ts';

type Values = Readonly<Record<string, unknown>>;

/** A label in the user's language, with `{name}` filled in from `values`. */
export function text(lang: Language, key: TextKey, values: Values = {}): string {
  const template = (lang === 'zh-CN' ? zhCn : en)[key];
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/**
 * The words of an error in the user's language. English is what the error itself says; other languages go by its code
 * and details, and fall back to English rather than lose a fact.
 */
export function errorText(lang: Language, error: OaopsError): { message: string; next: string | undefined } {
  const translated = lang === 'zh-CN' ? errorsZhCn[error.code] : undefined;
  if (!translated) return { message: error.message, next: error.next };
  const values: Values = { message: error.message, ...error.details };
  const names = [...translated.message.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const message = names.every((name) => name in values)
    ? translated.message.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]))
    : error.message;
  return { message, next: translated.next ?? error.next };
}

/** One of several texts by language, as runbooks give them (`{en, zh-CN}` or one text for all). */
export function localized(lang: Language, words: string | Readonly<Partial<Record<string, string>>>): string {
  if (typeof words === 'string') return words;
  return words[lang] ?? words['en'] ?? Object.values(words)[0] ?? '';
}
