import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entryReader } from '../../../src/connectors/ldap/entries.ts';

test('each entry has the lists of its own, whatever is asked for and sent', () => {
  const names = fc.constantFrom('member', 'Member', 'mail', 'MAIL', 'x;binary', '*', '1.1', 'toString');
  const sent = fc.record({
    type: fc.constantFrom('member', 'MEMBER', 'member;range=0-1', 'mail', 'x;binary', 'other', 'toString', ''),
    values: fc.array(fc.string(), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(names), fc.array(fc.array(sent, { maxLength: 5 }), { maxLength: 3 }), (wanted, raws) => {
      const read = entryReader(wanted);
      const made = raws.map((attributes) =>
        read({ messageId: 1, name: 'cn=x', attributes: structuredClone(attributes) }),
      );
      expect(made.map(({ entry }) => entry.attributes)).toEqual(raws.map((each) => plainly(wanted, each)));
      // A list that grows afterwards, as the rest of a range does, grows alone.
      const lists = made.flatMap(({ entry }) => Object.values(entry.attributes)).filter(({ length }) => length > 0);
      expect(new Set(lists).size).toBe(lists.length);
    }),
  );
});

/** The same, value by value. */
function plainly(wanted: readonly string[], raw: readonly { type: string; values: string[] }[]) {
  const isAll = wanted.includes('*');
  const asked = wanted.filter((name) => name !== '*' && name !== '1.1');
  const attributes = new Map<string, string[]>(asked.map((name) => [name, []]));
  for (const { type, values } of raw) {
    const name = type.replace(/;range=.*$/, '');
    if (name === '') continue;
    const same = asked.filter((one) => one.toLowerCase() === name.toLowerCase());
    for (const key of same.length > 0 ? same : isAll ? [name] : [])
      attributes.set(key, [...(attributes.get(key) ?? []), ...values]);
  }
  return Object.fromEntries(attributes);
}
