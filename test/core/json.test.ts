import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, digestOf, indentedJson, sha256Hex } from '../../src/core/json.ts';

describe('canonical JSON', () => {
  test('the order of members does not matter, the order of items does', () => {
    expect(digestOf({ a: 1, b: { d: 2, c: 3 } })).toBe(digestOf({ b: { c: 3, d: 2 }, a: 1 }));
    expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
  });

  test('undefined members are left out', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  test('reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { verbose: true },
    );
  });

  test('members stand in the order of their names, and nothing stands between', () => {
    const text = (value: unknown): string => {
      if (Array.isArray(value)) return `[${value.map(text).join()}]`;
      if (value === null || typeof value !== 'object') return JSON.stringify(value);
      const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${text(member)}`).join()}}`;
    };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(value)).toBe(text(value));
      }),
    );
  });

  test('a digest is that of the whole text, however long it is and whatever signs it has', () => {
    const long = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(long, fc.integer({ min: 1, max: 30_000 }), (parts, times) => {
        const value = { parts, many: Array.from({ length: times }, (_, at) => parts[at % parts.length]) };
        expect(digestOf(value)).toBe(sha256Hex(canonicalJson(value)));
      }),
      { numRuns: 20 },
    );
  });

  test('sha256 of the empty text (FIPS 180-4)', () => {
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

describe('indented JSON', () => {
  const anything = fc.anything({
    maxDepth: 5,
    values: [
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.boolean(),
      fc.constant(undefined),
      fc.constant(null),
      fc.date(),
    ],
  });

  test('its pieces are the text that JSON.stringify makes', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect([...indentedJson(value)].join('')).toBe(JSON.stringify(value, null, 2) ?? 'null');
      }),
      { verbose: true },
    );
  });

  test('no piece is more than an item of a list', () => {
    const findings = Array.from({ length: 1000 }, (_, number) => ({ number, rights: ['a', 'b'] }));
    const longest = Math.max(...[...indentedJson({ audit: { findings }, findings })].map(({ length }) => length));
    expect(longest).toBeLessThan(100);
  });
});
