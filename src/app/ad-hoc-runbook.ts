import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { usageError } from '../core/errors.ts';

/** A runbook that a command writes on the spot. JSON, which is YAML: whatever a word holds, it is one text. */
export function adHocText(runbook: object): string {
  // Signs that nobody sees are refused in a runbook, and are data here.
  return `${JSON.stringify(runbook, null, 1).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}\n`;
}

/** A word that looks like an expression is a CEL text of itself. */
export function literal(word: string): string {
  if (!word.includes('${{')) return word;
  return `\${{ ${JSON.stringify(word).replace(/[${}]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)} }}`;
}

/** As `literal`, for every text inside. */
export function literals<T>(value: T): T {
  if (typeof value === 'string') return literal(value) as T;
  if (Array.isArray(value)) return value.map(literals) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, literals(member)])) as T;
}

/** Node.js puts U+FFFD for bytes that are not UTF-8: another word than was typed. @throws OaopsError `argument-not-utf8` */
export function refuseBrokenWords(argv: readonly string[]): void {
  if (!argv.some((word) => word.includes('\ufffd'))) return;
  try {
    if (isUtf8(readFileSync('/proc/self/cmdline'))) return;
  } catch {
    // No /proc: nobody can tell whether it was typed so.
  }
  throw usageError('argument-not-utf8', 'the command holds bytes that are not UTF-8', {
    next: "Write them as the script of --shell can: printf '\\303'.",
  });
}
