import type { LdapEntry, LdapValue } from '../../accounts/ports.ts';
import type { RawEntry } from './search-entry.ts';

/** Of attributes that an entry does not have: twenty empty lists of each of a hundred thousand entries would be half of what is thrown away. */
const none: readonly LdapValue[] = [];

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
export function entryReader(wanted: readonly string[]): (raw: RawEntry) => { entry: LdapEntry; rests: Rest[] } {
  const all = wanted.includes('*') || wanted.includes('+');
  const names = wanted.filter((name) => !['*', '+', '1.1'].includes(name));
  const byKey = new Map<string, string[]>();
  for (const name of names) byKey.set(name.toLowerCase(), [...(byKey.get(name.toLowerCase()) ?? []), name]);
  const absent: LdapEntry['attributes'] = Object.fromEntries(names.map((name) => [name, none]));
  return (raw) => {
    const attributes = { ...absent };
    const rests: Rest[] = [];
    for (const attribute of raw.attributes) {
      const [, name, last] = attribute.type.includes(';')
        ? (/^(.+?)(?:;range=\d+-(\d+|\*))?$/i.exec(attribute.type) ?? [])
        : [attribute.type, attribute.type];
      if (name === undefined || name === '') continue;
      for (const [index, asked] of (byKey.get(name.toLowerCase()) ?? (all ? [name] : [])).entries()) {
        // An own key, whatever a server calls its attributes.
        const before = Object.hasOwn(attributes, asked) ? attributes[asked]! : none;
        attributes[asked] = before.length + index === 0 ? attribute.values : [...before, ...attribute.values];
        if (last !== undefined && last !== '*') rests.push({ attribute: asked, from: Number(last) + 1 });
      }
    }
    return { entry: { dn: raw.name, attributes }, rests };
  };
}
