import { messageOf, OaopsError, usageError } from '../core/errors.ts';
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
  // libuv's and the runtime's names for "the disk is full" and the like are facts that a user can act upon.
  if (error instanceof Error && 'syscall' in error && 'code' in error) {
    return new OaopsError('system-error', error.message, { cause: error });
  }
  return new OaopsError('unexpected', messageOf(error) || 'something failed without saying what', {
    next: 'This is a defect of oaops. Run the command again with --debug and report what it prints.',
    cause: error,
  });
}

/** What the parser of flags threw: a check of a value that says no by a plain error is wrong usage, not a defect. */
export function parseFailure(error: unknown): unknown {
  if (error instanceof OaopsError || isParseError(error)) return error;
  return parseError(error instanceof Error ? error : new Error(messageOf(error)));
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

function parseError(error: Error): OaopsError {
  const message = error.message.replace(/\nSee more help with --help$/, '');
  return usageError('usage', lowerFirst(message), {
    next: 'Run the command with --help to see its arguments and flags.',
  });
}

function lowerFirst(message: string): string {
  return /^[A-Z][a-z]/.test(message) ? message[0]!.toLowerCase() + message.slice(1) : message;
}
