import type { OaopsError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/events.ts';
import { Catalogue, type Messages } from './catalogue.ts';
import { en, type TextKey } from './en.ts';
import { errorsZhCn } from './errors-zh-cn.ts';
import type { Language } from './language.ts';
import { helpZhCn, sectionsZhCn } from './zh-cn/help.ts';
import { messagesZhCn } from './zh-cn/messages.ts';
import { labelsZhCn, titlesZhCn } from './zh-cn/titles.ts';
import { zhCn } from './zh-cn.ts';

export type { TextKey } from './en.ts';
export type { Language } from './language.ts';

type Values = Readonly<Record<string, unknown>>;

/** A label in the user's language, with `{name}` filled in from `values`. */
export function text(lang: Language, key: TextKey, values: Values = {}): string {
  const template = (lang === 'zh-CN' ? zhCn : en)[key];
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

let chinese: Catalogue | undefined;

/** Made with the first text that is asked for in Chinese. */
function catalogue(): Catalogue {
  chinese ??= new Catalogue(messagesZhCn());
  return chinese;
}

/** A message of oaops (of an error, a finding, an event) in the user's language; what is not known stays as it is. */
export function say(lang: Language, english: string): string {
  return lang === 'zh-CN' ? (catalogue().translate(english) ?? english) : english;
}

/** What a command prints, line by line. Not for data of users: a file named "failed" must keep its name. */
export function sayLines(lang: string | undefined, english: string): string {
  return lang === 'zh-CN' ? catalogue().lines(english) : english;
}

/** The heading of a column. */
export function tableTitle(lang: Language, english: string): string {
  return lang === 'zh-CN' ? (titlesZhCn[english] ?? english) : english;
}

let chineseHelp: Messages | undefined;

/** What help says of a topic, command, flag or argument. */
export function helpText(lang: Language, english: string): string {
  if (lang === 'en') return english;
  chineseHelp ??= helpZhCn();
  return chineseHelp[english] ?? english;
}

/** The heading of a part of a help page. */
export function helpSection(lang: Language, english: string): string {
  return lang === 'zh-CN' ? (sectionsZhCn[english] ?? english) : english;
}

/** The label of a fact. */
export function fieldLabel(lang: Language, english: string): string {
  return lang === 'zh-CN' ? (labelsZhCn[english] ?? english) : english;
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
  if (lang === 'en') return { message: error.message, next: error.next };
  const next = error.next === undefined ? undefined : say(lang, error.next);
  const message = catalogue().translate(error.message);
  const frame = message === undefined ? errorsZhCn[error.code] : undefined;
  if (frame === undefined) return { message: message ?? error.message, next };
  return { message: frame.replace('{message}', () => error.message), next };
}

/** One of several texts by language, as runbooks give them (`{en, zh-CN}` or one text for all). */
export function localized(lang: Language, words: string | Readonly<Partial<Record<string, string>>>): string {
  if (typeof words === 'string') return words;
  return words[lang] ?? words['en'] ?? Object.values(words)[0] ?? '';
}
