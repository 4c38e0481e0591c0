import type { ExitCode } from './exit-codes.ts';
import { ExitCode as Codes } from './exit-codes.ts';

/** A place in a text file; line and column count from 1. */
export interface Position {
  file: string;
  line: number;
  col: number;
}

export interface OaopsErrorOptions {
  /** Defaults to 1 (failed). */
  exitCode?: ExitCode;
  /** The next step, as a sentence: `Run "oaops backup init" first.` */
  next?: string;
  position?: Position;
  /** Facts for `--json` and for translations of the message; never secrets. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/**
 * Every failure that a user is meant to read. `code` is stable and kebab-case (`repository-missing`): scripts and the
 * zh-CN texts key on it. `message` is a lower-case fact without a full stop; `next` is a sentence.
 */
export class OaopsError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly next: string | undefined;
  readonly position: Position | undefined;
  readonly details: Record<string, unknown>;

  constructor(code: string, message: string, options: OaopsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'OaopsError';
    this.code = code;
    this.exitCode = options.exitCode ?? Codes.failed;
    this.next = options.next;
    this.position = options.position;
    this.details = options.details ?? {};
  }
}

/** A mistake on the command line, in the configuration or in a runbook: exit 2. */
export function usageError(
  code: string,
  message: string,
  options: Omit<OaopsErrorOptions, 'exitCode'> = {},
): OaopsError {
  return new OaopsError(code, message, { ...options, exitCode: Codes.usage });
}

const beforeAnything = new WeakSet<object>();

/** Marks an error: what was asked for had not begun, so that nothing has changed outside. */
export function asNotBegun<T extends object>(error: T): T {
  beforeAnything.add(error);
  return error;
}

/** See `asNotBegun`. */
export function isNotBegun(error: unknown): boolean {
  return error !== null && typeof error === 'object' && beforeAnything.has(error);
}

/** The text of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return String(error);
}

/** `ENOENT`, `EACCES` ... of a Node.js system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (error !== null && typeof error === 'object' && 'code' in error && typeof error.code === 'string')
    return error.code;
  return undefined;
}
