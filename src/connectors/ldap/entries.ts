import type { Attribute, SearchEntry } from 'ldapts';
import type { LdapEntry, LdapValue } from '../../accounts/ports.ts';

/** An attribute of which Active Directory sent only the first values. */
export interface Rest {
  attribute: string;
  /** Index of the next value, from 0. */
  from: number;
}

/**
 * Reads values of the wanted attributes under the names that were asked for, whatever their case, and with `*` and `+` the others under the
 * server's names; and what is still to be read of them, which `member;range=0-1499` tells ([MS-ADTS] section 3.1.1.3.1.3.3).
 */
export function entryReader(wanted: readonly string[]): (raw: SearchEntry) => { entry: LdapEntry; rests: Rest[] } {
  const all = wanted.includes('*') || wanted.includes('+');
  const names = wanted.filter((name) => !['*', '+', '1.1'].includes(name));
  const byKey = new Map<string, string[]>();
  for (const name of names) byKey.set(name.toLowerCase(), [...(byKey.get(name.toLowerCase()) ?? []), name]);
  return (raw) => {
    const attributes: Record<string, LdapValue[]> = Object.fromEntries(names.map((name) => [name, []]));
    const rests: Rest[] = [];
    for (const attribute of raw.attributes) {
      const [, name, last] = /^(.+?)(?:;range=\d+-(\d+|\*))?$/i.exec(attribute.type) ?? [];
      if (name === undefined) continue;
      for (const asked of byKey.get(name.toLowerCase()) ?? (all ? [name] : [])) {
        // An own key, whatever a server calls its attributes.
        const values = Object.hasOwn(attributes, asked) ? attributes[asked]! : [];
        attributes[asked] = values;
        for (const value of valuesOf(attribute)) values.push(value);
        if (last !== undefined && last !== '*') rests.push({ attribute: asked, from: Number(last) + 1 });
      }
    }
    return { entry: { dn: raw.name, attributes }, rests };
  };
}

/** The library swallows a byte order mark that a value begins with. */
function valuesOf({ values, parsedBuffers }: Attribute): LdapValue[] {
  return values.map((value, at) => {
    const bytes = parsedBuffers[at]!;
    if (typeof value !== 'string') return new Uint8Array(value);
    return bytes[0] === 0xef && bytes[1] === 0xbb ? bytes.toString('utf8') : value;
  });
}
