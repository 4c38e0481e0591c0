import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dnKey } from '../../../src/core/dn.ts';
import { type Candidate, membersOf } from '../../../src/rollout/population/members.ts';

const candidate = (id: string, vars: Record<string, unknown> = {}, place = `at ${id}`): Candidate => ({
  id,
  vars,
  place,
});
const source = 'people.csv';
const idsOf = (
  candidates: Candidate[],
  spec: { exclude?: string[]; order?: { by: string; first?: string[] } } = {},
) => {
  const order = spec.order && { first: [], ...spec.order };
  return membersOf({ candidates, source }, { exclude: spec.exclude ?? [], order }).map(({ id }) => id);
};
const refusal = (code: string, message: string) => expect.objectContaining({ code, message, exitCode: 2 });

test('the order is that of code units, whatever the source', () => {
  expect(idsOf(['b', 'a', 'B', '王', 'Z1', '10', '9'].filter((id) => id !== 'B').map((id) => candidate(id)))).toEqual([
    ...['10', '9', 'Z1', 'a', 'b', '王'],
  ]);
});

test('of a list of labels, such as the groups of a host, the first one counts', () => {
  const hosts = [
    candidate('a', { groups: ['web'] }),
    candidate('b', { groups: ['web', 'canary'] }),
    candidate('c', { groups: ['early', 'web'] }),
    candidate('d', { groups: ['early', 'canary'] }),
    candidate('e', { groups: [] }),
  ];
  expect(idsOf(hosts, { order: { by: 'groups', first: ['canary', 'early'] } })).toEqual(['d', 'b', 'c', 'a', 'e']);
  expect(() => idsOf(hosts, { order: { by: 'groups', first: ['pilot'] } })).toThrow('nobody has "pilot"');
});

test('a field orders, its first values come first, those without a value last', () => {
  const people = [
    candidate('e', { ring: null, n: 10 }),
    candidate('d', { ring: 'all', n: 9 }),
    candidate('c', { ring: 'early', n: null }),
    candidate('b', { ring: 'pilot', n: 2 }),
    candidate('a', { ring: 'all', n: 100 }),
  ];
  expect(idsOf(people, { order: { by: 'ring' } })).toEqual(['a', 'd', 'c', 'b', 'e']);
  expect(idsOf(people, { order: { by: 'ring', first: ['pilot', 'early'] } })).toEqual(['b', 'c', 'a', 'd', 'e']);
  expect(idsOf(people, { order: { by: 'n' } })).toEqual(['b', 'd', 'e', 'a', 'c']);
  expect(idsOf(people, { order: { by: 'id', first: ['d'] } })).toEqual(['d', 'a', 'b', 'c', 'e']);
});

test('ids are data', () => {
  const ids = ['"quoted"', '$(touch x)', "'; drop", 'two\nlines', '😀', '王小明', ' a ', '__proto__'];
  expect(idsOf(ids.map((id) => candidate(id))).sort()).toEqual(ids.toSorted());
});

test.each<[string, Candidate[], Parameters<typeof idsOf>[1], string, string]>([
  ['nobody', [], {}, 'population-empty', 'the population is empty: people.csv names nobody'],
  [
    'all excluded',
    [candidate('a')],
    { exclude: ['a'] },
    'population-empty',
    'the population is empty: everybody is excluded',
  ],
  ['no id', [candidate(' ', {}, 'people.csv:3')], {}, 'member-id-invalid', 'people.csv:3 has no id'],
  [
    'NUL',
    [candidate('a\0b', {}, 'row 2')],
    {},
    'member-id-invalid',
    'the id of row 2 holds characters that are no text',
  ],
  [
    'U+FFFD',
    [candidate('a\uFFFD', {}, 'row 2')],
    {},
    'member-id-invalid',
    'the id of row 2 holds characters that are no text',
  ],
  [
    'half a pair',
    [candidate('a\uD83D', {}, 'row 2')],
    {},
    'member-id-invalid',
    'the id of row 2 holds characters that are no text',
  ],
  [
    'twice',
    [candidate('a', {}, 'x:2'), candidate('b'), candidate('a', {}, 'x:9')],
    {},
    'member-twice',
    '"a" is twice in the population: x:2, x:9',
  ],
  [
    'case',
    [candidate('Bob', {}, 'x:2'), candidate('bob', {}, 'x:3')],
    {},
    'member-twice',
    '"Bob" and "bob" differ only in how they are written: x:2, x:3',
  ],
  [
    'NFC',
    [candidate('e\u0301', {}, 'x:2'), candidate('é', {}, 'x:3')],
    {},
    'member-twice',
    '"e\u0301" and "é" differ only in how they are written: x:2, x:3',
  ],
  [
    'excluded twin',
    [candidate('a', {}, 'x:2'), candidate('A', {}, 'x:3')],
    { exclude: ['A'] },
    'member-twice',
    '"a" and "A" differ only in how they are written: x:2, x:3',
  ],
  [
    'exclude',
    [candidate('a')],
    { exclude: ['A'] },
    'exclude-unknown',
    '"A", which is to be left out, is not in the population',
  ],
  [
    'order',
    [candidate('a', { dept: 1 })],
    { order: { by: 'ring' } },
    'order-field-unknown',
    'no member has the field "ring" that orders them',
  ],
  [
    'ring',
    [candidate('a', { ring: 'b' })],
    { order: { by: 'ring', first: ['pilot'] } },
    'ring-empty',
    'nobody has "pilot" as "ring", which was to come first',
  ],
])('refused: %s', (_, candidates, spec, code, message) => {
  expect(() => idsOf(candidates, spec)).toThrow(refusal(code, message));
});

test('an id to be left out that is nearly right is named', () => {
  expect(() => idsOf([candidate('bobby'), candidate('x')], { exclude: ['boby'] })).toThrow(
    expect.objectContaining({ next: 'Did you mean "bobby"? Somebody who must not be reached could be reached.' }),
  );
});

test('any order of the source gives one order; nobody is lost; twins never pass', () => {
  const seed = Number(process.env['OAOPS_SEED'] ?? Date.now() % 2 ** 31);
  console.log(`members seed: ${seed}`);
  const person = fc.record({
    id: fc.oneof(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.string({ minLength: 1, maxLength: 2, unit: fc.constantFrom('a', 'A', 'é', 'e\u0301', 'ς', 'Σ') }),
    ),
    ring: fc.oneof(fc.constantFrom('pilot', 'early', 'all'), fc.integer(), fc.constant(null)),
  });
  fc.assert(
    fc.property(fc.array(person, { minLength: 1, maxLength: 40 }), fc.infiniteStream(fc.nat()), (people, random) => {
      const usable = people.filter(({ id }) => id.trim() !== '' && !id.includes('\0') && !id.includes('\uFFFD'));
      fc.pre(usable.length > 0);
      const candidates = usable.map(({ id, ring }, index) => candidate(id, { ring }, `x:${index}`));
      const shuffled = candidates
        .map((each) => ({ each, at: random.next().value }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ each }) => each);
      // An independent notion of "the same account": what a comparison that ignores case says.
      const same = new Intl.Collator('en', { sensitivity: 'accent' });
      const twins = usable.some((a, i) =>
        usable.some(
          (b, j) =>
            j > i &&
            a.id.toUpperCase().normalize('NFC') === b.id.toUpperCase().normalize('NFC') &&
            same.compare(a.id, b.id) === 0,
        ),
      );
      for (const order of [undefined, { by: 'ring' }]) {
        let ids: string[];
        try {
          ids = idsOf(candidates, order && { order });
        } catch (error) {
          expect(error).toMatchObject({ code: 'member-twice' });
          expect(() => idsOf(shuffled, order && { order })).toThrow(expect.objectContaining({ code: 'member-twice' }));
          continue;
        }
        expect(twins).toBe(false);
        expect(idsOf(shuffled, order && { order })).toEqual(ids);
        expect(ids.toSorted()).toEqual(usable.map(({ id }) => id).toSorted());
      }
    }),
    { seed },
  );
});

test.each([
  ['uid=bob,ou=People,dc=example', 'UID=Bob, OU=people, DC=Example'],
  ['cn=Wang\\, Xiao,dc=x', 'cn="Wang, Xiao",dc=x'],
  ['cn=Wang\\, Xiao,dc=x', 'cn=wang\\2C  xiao,dc=x'],
  ['cn=王小明,dc=x', 'cn=\\E7\\8E\\8B\\E5\\B0\\8F\\E6\\98\\8E,dc=x'],
  ['cn=a+uid=b,dc=x', 'uid=b + cn=a,dc=x'],
  ['cn=a\\ ,dc=x', 'cn=a\\20,dc=x'],
  ['cn=a\\\\2C,dc=x', 'cn=a\\5C2c,dc=x'],
])('%s and %s are names of one entry', (one, other) => {
  expect(dnKey(one)).toBe(dnKey(other));
});

test.each([
  ['cn=a,dc=x', 'cn=a\\,dc=x'],
  ['cn=a,ou=b,dc=x', 'cn=a\\,ou=b,dc=x'],
  ['cn=a+uid=b,dc=x', 'cn=a\\+uid=b,dc=x'],
  ['cn=a,dc=x', 'uid=a,dc=x'],
  ['cn=a\\2C,dc=x', 'cn=a\\\\2C,dc=x'],
])('%s and %s are names of two entries', (one, other) => {
  expect(dnKey(one)).not.toBe(dnKey(other));
});
