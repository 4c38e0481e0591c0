import type { ByteString } from './byte-string.ts';
import { damaged } from './damaged.ts';

const needsEscape = /[^\x20-\x5b\x5d-\x7e]/;
const needsEscapeAll = /[^\x20-\x5b\x5d-\x7e]/g;

/** docs/backup-format.md section 4: printable ASCII stands for itself, every other byte is `\0ooo`, which `printf '%b'` reads. */
export function escapeBytes(value: ByteString): string {
  if (value === '-') return '\\0055';
  if (!needsEscape.test(value)) return value;
  return value.replace(needsEscapeAll, octal);
}

/** As `escapeBytes`, for names inside a comma list of `name=value`. */
export function escapeListName(value: ByteString): string {
  return escapeBytes(value).replace(/[,=]/g, octal);
}

export function unescapeBytes(field: string): ByteString {
  if (!field.includes('\\')) return field;
  return field.replace(/\\(0[0-3][0-7]{2})?/g, (_, digits: string | undefined) => {
    if (digits === undefined) throw damaged(`bad escape in ${JSON.stringify(field.slice(0, 80))}`);
    return String.fromCharCode(Number.parseInt(digits, 8));
  });
}

/** An escaped value, or `-` for none. */
export function escapeOptional(value: ByteString | undefined): string {
  return value === undefined ? '-' : escapeBytes(value);
}

export function unescapeOptional(field: string): ByteString | undefined {
  return field === '-' ? undefined : unescapeBytes(field);
}

function octal(character: string): string {
  return `\\0${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
}
