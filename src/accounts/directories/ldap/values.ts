import type { LdapEntry, LdapValue } from '../../ports.ts';

/** A value as JSON has it. */
export type JsonValue = string | { base64: string };
export type JsonValues = Record<string, JsonValue[]>;

export function toJson(value: LdapValue): JsonValue {
  return typeof value === 'string' ? value : { base64: Buffer.from(value).toString('base64') };
}

export function fromJson(value: JsonValue): LdapValue {
  return typeof value === 'string' ? value : new Uint8Array(Buffer.from(value.base64, 'base64'));
}

/** Bytes of a value; a text stands for its UTF-8. */
export function bytesOf(value: LdapValue): Buffer {
  return Buffer.from(value as string);
}

/** Values of an attribute, whatever the case of its name. */
export function valuesOf(entry: LdapEntry, attribute: string): readonly LdapValue[] {
  const own = entry.attributes[attribute];
  if (own) return own;
  const key = attribute.toLowerCase();
  return Object.entries(entry.attributes).find(([name]) => name.toLowerCase() === key)?.[1] ?? [];
}

export function textsOf(entry: LdapEntry, attribute: string): string[] {
  return valuesOf(entry, attribute).filter((value) => typeof value === 'string');
}

/** The first value that is text. */
export function textOf(entry: LdapEntry, attribute: string | undefined): string | undefined {
  return attribute === undefined ? undefined : textsOf(entry, attribute)[0];
}

/** Values have no order (RFC 4511 section 4.1.7). */
export function sameValues(some: readonly JsonValue[], others: readonly JsonValue[]): boolean {
  const texts = (values: readonly JsonValue[]) => values.map((value) => JSON.stringify(value)).sort();
  return JSON.stringify(texts(some)) === JSON.stringify(texts(others));
}

/** A filter as a part of another. */
export function bracketed(filter: string): string {
  return filter.startsWith('(') ? filter : `(${filter})`;
}
