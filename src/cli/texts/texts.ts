import type { OaopsError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/events.ts';
import { en, type TextKey } from './en.ts';
import type { Language } from './language.ts';

export type { TextKey } from './en.ts';
export type { Language } from './language.ts';

type Values = Readonly<Record<string, unknown>>;
type Texts = typeof import('./chinese.ts');

let chinese: Texts | undefined;

/**
 * Loads what a language needs: chooseLanguage() does it, and who goes by a language without it. Until then texts are English, and where
 * an installation is broken or was just replaced they stay so: whatever has to be told must not be hidden by that.
 */
export async function loadTexts(lang: Language): Promise<void> {
  if (lang !== 'zh-CN') return;
  try {
    chinese ??= await import('./chinese.ts');
  } catch {
    // English.
  }
}

/** Texts of a language other than English. */
function textsOf(lang: string | undefined): Texts | undefined {
  return lang === 'zh-CN' ? chinese : undefined;
}

/** A label in the user's language, with `{name}` filled in from `values`. */
export function text(lang: Language, key: TextKey, values: Values = {}): string {
  const template = (textsOf(lang)?.words ?? en)[key];
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** A message of oaops (of an error, a finding, an event) in the user's language; what is not known stays as it is. */
export function say(lang: Language, english: string): string {
  return textsOf(lang)?.catalogue().translate(english) ?? english;
}

/** What a command prints, line by line. Not for data of users: a file named "failed" must keep its name. */
export function sayLines(lang: string | undefined, english: string): string {
  return textsOf(lang)?.catalogue().lines(english) ?? english;
}

/** The heading of a column. */
export function tableTitle(lang: Language, english: string): string {
  return textsOf(lang)?.titles[english] ?? english;
}

/** What help says of a topic, command, flag or argument. */
export function helpText(lang: Language, english: string): string {
  return textsOf(lang)?.help()[english] ?? english;
}

/** The heading of a part of a help page. */
export function helpSection(lang: Language, english: string): string {
  return textsOf(lang)?.sections[english] ?? english;
}

/** The label of a fact. */
export function fieldLabel(lang: Language, english: string): string {
  return textsOf(lang)?.labels[english] ?? english;
}

/** An event as it is shown to people; NDJSON and the record keep the English one. */
export function sayEvent(lang: Language, event: RunEvent): RunEvent {
  if (lang === 'en') return event;
  const said = { ...event } as RunEvent & { message?: string; next?: string };
  if (said.message !== undefined) said.message = say(lang, said.message);
  if (said.next !== undefined) said.next = say(lang, said.next);
  return said;
}

/**
 * The words of an error in the user's language. English is what the error itself says. Other languages go by its message,
 * and where that comes from elsewhere (the system, a parser) by its code, which then frames it.
 */
export function errorText(lang: Language, error: OaopsError): { message: string; next: string | undefined } {
  const texts = textsOf(lang);
  if (!texts) return { message: error.message, next: error.next };
  const next = error.next === undefined ? undefined : say(lang, error.next);
  const message = texts.catalogue().translate(error.message);
  const frame = message === undefined ? texts.errors[error.code] : undefined;
  if (frame === undefined) return { message: message ?? error.message, next };
  return { message: frame.replace('{message}', () => error.message), next };
}

/** One of several texts by language, as runbooks give them (`{en, zh-CN}` or one text for all). */
export function localized(lang: Language, words: string | Readonly<Partial<Record<string, string>>>): string {
  if (typeof words === 'string') return words;
  return words[lang] ?? words['en'] ?? Object.values(words)[0] ?? '';
}
