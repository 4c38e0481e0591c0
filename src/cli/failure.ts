import { errnoOf, messageOf, OaopsError, usageError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { oneLine, plainLines } from '../core/plain-text.ts';
import type { Redactor } from '../core/redaction.ts';
import { paint } from './color.ts';
import { errorText, type Language, sayLines, text } from './texts/texts.ts';

/** How an error is told: the same facts as one line of JSON or as text. */
export interface FailureStyle {
  json: boolean;
  debug: boolean;
  lang: Language;
  color: boolean;
  redactor?: Redactor;
}

/** Anything thrown, as the one kind of error that oaops shows. Unknown errors become `unexpected`. */
export function toOaopsError(error: unknown): OaopsError {
  if (error instanceof OaopsError) return error;
  if (isParseError(error)) return parseError(error);
  if (isPackageMissing(error)) {
    return new OaopsError('packages-missing', lowerFirst(messageOf(error)), {
      next: 'Run "npm ci" in the folder of oaops, which installs what it needs.',
      cause: error,
    });
  }
  // libuv's and the runtime's names for "the disk is full" and the like are facts that a user can act upon.
  if (error instanceof Error && 'syscall' in error && 'code' in error) {
    const next = nextAfter[String(error.code)];
    return new OaopsError('system-error', error.message, { ...(next ? { next } : {}), cause: error });
  }
  return new OaopsError('unexpected', messageOf(error) || 'something failed without saying what', {
    next: 'This is a defect of oaops. Run the command again with --debug and report what it prints.',
    cause: error,
  });
}

/** What helps against what the system says, by its name for it (errno(3)). */
const nextAfter: Readonly<Record<string, string>> = {
  EACCES: 'Give this user the right to it, or name another place.',
  EPERM: 'Give this user the right to it, or name another place.',
  EROFS: 'Name a place that can be written.',
  ENOSPC: 'Make room on that file system, then run the command again.',
  EDQUOT: 'Make room on that file system, then run the command again.',
  EMFILE: 'Raise the limit of open files (ulimit -n), then run the command again.',
};

/**
 * What the parser of flags threw: a check of a value that says no by a plain error is wrong usage, not a defect.
 * `known` are the names of the command's flags, for "did you mean".
 */
export function parseFailure(error: unknown, known: readonly string[] = []): unknown {
  if (error instanceof OaopsError) return error;
  return parseError(error instanceof Error ? error : new Error(messageOf(error)), known);
}

/** A warning for stderr: `warning: ...`, or a line of JSON beside those of errors. */
export function renderWarning(
  message: string,
  { json, lang, redactor }: Pick<FailureStyle, 'json' | 'lang' | 'redactor'>,
): string {
  const shown = redactor?.redact(message) ?? message;
  return json
    ? `${JSON.stringify({ warning: { message: shown } })}\n`
    : `${sayLines(lang, `warning: ${plainLines(shown)}`)}\n`;
}

/** Text for stderr, ending in a line break; the stack only with `--debug`. */
export function renderFailure(thrown: unknown, style: FailureStyle): string {
  const error = toOaopsError(thrown);
  const { code, exitCode, position, details } = error;
  if (style.json) {
    const body = { code, message: error.message, exitCode, next: error.next, position, details };
    const stack = style.debug ? { stack: stackOf(error) } : {};
    const redacted = style.redactor?.redactValue({ ...body, ...stack }) ?? { ...body, ...stack };
    return `${JSON.stringify({ error: redacted })}\n`;
  }
  const told = errorText(style.lang, error);
  const place = position ? `${position.file}:${position.line}:${position.col}: ` : '';
  const lines = [
    `${paint(style.color, 'red', text(style.lang, 'error.prefix'))} ${oneLine(place)}${plainLines(told.message)}`,
  ];
  if (told.next) lines.push(plainLines(told.next));
  if (style.debug) lines.push(stackOf(error));
  const whole = `${lines.join('\n')}\n`;
  return style.redactor?.redact(whole) ?? whole;
}

export function exitCodeOf(error: unknown): number {
  return toOaopsError(error).exitCode;
}

function stackOf(error: OaopsError): string {
  const own = error.stack ?? '';
  return error.cause instanceof Error ? `${own}\ncaused by: ${error.cause.stack}` : own;
}

/** oclif's parser throws errors with `oclif.exit`; this one is for wrong arguments and flags. */
function isParseError(error: unknown): error is Error {
  return error instanceof Error && 'oclif' in error;
}

/** The installation is not whole: a package that oaops imports is not there (`Cannot find package 'x' imported from ...`). */
function isPackageMissing(error: unknown): boolean {
  return errnoOf(error) === 'ERR_MODULE_NOT_FOUND' && messageOf(error).startsWith('Cannot find package');
}

function parseError(error: Error, known: readonly string[] = []): OaopsError {
  const close = unknownFlags(error)
    .map((flag) => nearest(flag, known))
    .find((name) => name !== undefined);
  return usageError('usage', inOurWords(error), {
    next: close ? `Did you mean "${close}"?` : 'Run the command with --help to see its arguments and flags.',
    ...(close ? { details: { nearest: close } } : {}),
  });
}

/** The flags as they were typed, without a value, that the command does not have. */
function unknownFlags(error: Error): string[] {
  const flags: unknown = 'flags' in error ? error.flags : undefined;
  return Array.isArray(flags) ? flags.map((flag) => String(flag).split('=')[0]!) : [];
}

/**
 * The parser's words without its frames: `Parsing --limit` on a line of its own, `The following error occurred`; and
 * arguments that are missing by name only, what they mean stands in the help.
 */
function inOurWords(error: Error): string {
  const message = error.message.replace(/\nSee more help with --help$/, '');
  const missing = /^Missing \d+ required args?:/.exec(message);
  if (missing && 'args' in error && Array.isArray(error.args)) {
    const note = message.indexOf('\n\nNote: ');
    const names = error.args.map((arg: { name: string }) => arg.name.toUpperCase()).join(', ');
    return `${lowerFirst(missing[0])} ${names}${note === -1 ? '' : message.slice(note + 1)}`;
  }
  const value = /^Parsing (--\S+) \n\t(.*)$/s.exec(message);
  if (value) return `${value[1]}: ${lowerFirst(value[2]!)}`;
  return lowerFirst(message.replace(/^The following error occurred:\s+(?=[^\n]*$)/, ''));
}

function lowerFirst(message: string): string {
  return /^[A-Z][a-z]/.test(message) ? message[0]!.toLowerCase() + message.slice(1) : message;
}
