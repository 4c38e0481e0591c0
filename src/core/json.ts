import { createHash } from 'node:crypto';

/** Plain data as it can stand in a JSON text. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** JSON with sorted keys and no white space: the form that digests are taken over. Undefined members are left out. */
export function canonicalJson(value: unknown): string {
  let text = '';
  writeCanonical(value, (piece) => {
    text += piece;
  });
  return text;
}

/** Pieces end between signs, so that each can be hashed on its own. */
function writeCanonical(value: unknown, put: (piece: string) => void): void {
  if (value === null || typeof value !== 'object') {
    put(JSON.stringify(value) ?? 'null');
    return;
  }
  if (Array.isArray(value)) {
    put('[');
    for (let at = 0; at < value.length; at++) {
      if (at > 0) put(',');
      writeCanonical(value[at], put);
    }
    put(']');
    return;
  }
  const members = value as Record<string, unknown>;
  let before = '{';
  for (const key of Object.keys(members).sort()) {
    if (members[key] === undefined) continue;
    put(`${before}${JSON.stringify(key)}:`);
    writeCanonical(members[key], put);
    before = ',';
  }
  put(before === '{' ? '{}' : '}');
}

/** Lower-case hex sha256. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** So many signs of a text are hashed at once. */
const hashedAtOnce = 64 * 1024;

/** sha256 of the canonical JSON of a value. The text is never whole: that of a plan of 20,000 changes is several times as large as the plan. */
export function digestOf(value: unknown): string {
  const hash = createHash('sha256');
  let text = '';
  writeCanonical(value, (piece) => {
    text += piece;
    if (text.length < hashedAtOnce) return;
    hash.update(text);
    text = '';
  });
  return hash.update(text).digest('hex');
}

/** So deep a value is taken apart: a document, its lists, and their items. */
const takenApart = 2;

/**
 * The text of `JSON.stringify(value, null, 2)` in pieces of at most one item of a list: a report of 100,000 findings is
 * never whole in memory as text.
 */
export function* indentedJson(value: unknown, depth = 0): Generator<string> {
  const isPlain = Array.isArray(value) || (typeof value === 'object' && value !== null && !('toJSON' in value));
  const entries = isPlain ? Object.entries(value).filter(([, member]) => Array.isArray(value) || isTold(member)) : [];
  const line = `\n${'  '.repeat(depth)}`;
  if (depth > takenApart || entries.length === 0) {
    // A line end inside a text is escaped: each that is here begins a line of the document.
    yield (JSON.stringify(value, null, 2) ?? 'null').replaceAll('\n', line);
    return;
  }
  let before = Array.isArray(value) ? '[' : '{';
  for (const [key, member] of entries) {
    yield `${before}${line}  ${Array.isArray(value) ? '' : `${JSON.stringify(key)}: `}`;
    yield* indentedJson(member, depth + 1);
    before = ',';
  }
  yield `${line}${Array.isArray(value) ? ']' : '}'}`;
}

function isTold(member: unknown): boolean {
  return member !== undefined && typeof member !== 'function' && typeof member !== 'symbol';
}
