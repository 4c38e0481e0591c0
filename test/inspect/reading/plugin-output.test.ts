import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRange } from '../../../src/inspect/judging/range.ts';
import { readPluginOutput } from '../../../src/inspect/reading/plugin-output.ts';

test('text, long text and performance data, as the guidelines have them', () => {
  const output = [
    "DISK OK - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968 'it''s a b'=12ms;@10:20;~:30",
    '/ 15272 MB (77%);',
    '/boot 68 MB (69%);',
    '/home 69357 MB (27%); | /boot=68MB;88;93;0;98',
    '/home=69357MB;253404;253409;0;253414 load1=U;5 hits=7c odd',
  ];
  const mib = 1024 ** 2;
  expect(readPluginOutput(output)).toEqual({
    text: 'DISK OK - free space: / 3326 MB (56%);',
    long: ['/ 15272 MB (77%);', '/boot 68 MB (69%);', '/home 69357 MB (27%);'],
    measures: [
      {
        name: '/',
        value: 2643 * mib,
        unit: 'B',
        warn: `${5948 * mib}`,
        fail: `${5958 * mib}`,
        min: 0,
        max: 5968 * mib,
      },
      { name: "it's a b", value: 0.012, unit: 's', warn: '@0.01:0.02', fail: '~:0.03' },
      { name: '/boot', value: 68 * mib, unit: 'B', warn: `${88 * mib}`, fail: `${93 * mib}`, min: 0, max: 98 * mib },
      {
        name: '/home',
        value: 69357 * mib,
        unit: 'B',
        warn: `${253404 * mib}`,
        fail: `${253409 * mib}`,
        min: 0,
        max: 253414 * mib,
      },
      { name: 'hits', value: 7, unit: 'c' },
    ],
    odd: ['odd'],
  });
});

test('a comma for a point, an unknown unit, limits that are none', () => {
  expect(readPluginOutput(['ok|time=1,5s;2,5;;0 temp=40C;50;60 a=1;x;y'])).toMatchObject({
    measures: [
      { name: 'time', value: 1.5, unit: 's', warn: '2.5', min: 0 },
      { name: 'temp', value: 40, unit: '', warn: '50', fail: '60' },
      { name: 'a', value: 1, unit: '' },
    ],
  });
});

test('quotes without end take no time', () => {
  const startedMs = performance.now();
  const { measures } = readPluginOutput([`ok|${"'''''' a ".repeat(30_000)}`]);
  expect(measures).toEqual([]);
  expect(performance.now() - startedMs).toBeLessThan(5000);
});

test('whatever is printed, figures are numbers and limits are ranges', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom(..."'|=;:@~.,-+Ums%B 19e\n"), maxLength: 60 }), { maxLength: 4 }),
      (lines) => {
        const { measures, text } = readPluginOutput(lines);
        expect(text).not.toContain('|');
        for (const { value, warn, fail } of measures) {
          expect(Number.isFinite(value)).toBe(true);
          for (const range of [warn, fail]) if (range !== undefined) expect(parseRange(range)).toBeDefined();
        }
      },
    ),
  );
});
