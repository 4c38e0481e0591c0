import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dnKey, dnValue, isWithin, parentOf, rdnOf, rdnsOf } from '../../src/core/dn.ts';
import { filterValue } from '../../src/core/ldap-filter.ts';

/** What breaks out of names and filters, and what does not. */
const anyValue = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc
    .array(
      fc.constantFrom(',', '+', '"', '\\', '#', ' ', '=', ';', '<', '>', '*', '(', ')', '\0', '\n', '王', 'a', '2c'),
      {
        minLength: 1,
      },
    )
    .map((parts) => parts.join('')),
);

test('whatever a value holds, the name keeps its number of parts', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const dn = `uid=${dnValue(value)},ou=people,dc=example`;
      expect(rdnsOf(dn)).toEqual([`uid=${dnValue(value)}`, 'ou=people', 'dc=example']);
      expect(parentOf(dn)).toBe('ou=people,dc=example');
      expect(rdnOf(dn)).toBe(`uid=${dnValue(value)}`);
      expect(dnValue(value)).not.toMatch(/(^|[^\\])(\\\\)*[+,;"<>]|\p{Cc}/u);
    }),
  );
});

test('whatever a value holds, no sign of a filter is left in it', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const written = filterValue(value);
      expect(written).not.toMatch(/[()*\0 \n]|\\(?![0-9a-f]{2})/);
      const bytes = written.replace(/\\([0-9a-f]{2})/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
      expect(bytes).toBe(value);
    }),
  );
});

test.each([
  ['uid=a\\ ,ou=b', ['uid=a\\ ', 'ou=b']],
  [' uid=a\\\\ , ou=b ', ['uid=a\\\\', 'ou=b']],
  ['cn="a,b",ou=c', ['cn="a,b"', 'ou=c']],
  ['', []],
])('%j has the parts %j', (dn, parts) => {
  expect(rdnsOf(dn)).toEqual(parts);
});

test('an entry lies within its parents, however they are written, and not within their neighbours', () => {
  const dn = 'uid=a\\,b,OU=Hold,dc=example,dc=com';
  for (const base of ['ou=hold, dc=EXAMPLE,dc=com', dn, '', 'dc=com']) expect(isWithin(dn, base)).toBe(true);
  for (const base of ['b,ou=hold,dc=example,dc=com', 'ou=old,dc=example,dc=com', `cn=x,${dn}`])
    expect(isWithin(dn, base)).toBe(false);
  expect(dnKey('UID=A\\2CB, ou=hold')).toBe(dnKey('uid=a\\,b,ou=hold'));
  expect(dnKey('UID=A.b-C@x_1,ou=Hold')).toBe(dnKey('uid=\\61.b-c@x_1 , ou="hold"'));
});
