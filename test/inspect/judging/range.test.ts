import { expect, test } from 'vitest';
import { limitKeys, limitSchema, limitText, measured, stateOf, worst } from '../../../src/inspect/judging/limits.ts';
import { alerts, parseRange, plainNumber } from '../../../src/inspect/judging/range.ts';
import { randomOf } from '../../helpers/random-tree.ts';

/** Forms of the Monitoring Plugins Development Guidelines, with values that alert and values that do not. */
test.each([
  ['10', [-0.1, 10.1, -5, 1e9], [0, 5, 10]],
  ['10:', [9.9, -1, 0], [10, 11, 1e12]],
  ['~:10', [10.1, 1e9], [10, 0, -1e9]],
  ['10:20', [9.9, 20.1, -15], [10, 15, 20]],
  ['@10:20', [10, 15, 20], [9.9, 20.1]],
  ['@10', [0, 5, 10], [-0.1, 10.1]],
  ['@10:', [10, 1e9], [9.9]],
  ['@~:10', [10, -1e9], [10.1]],
  ['-20:-10', [-9, -21, 0], [-10, -15, -20]],
  ['-10:10', [11, -11], [0, -10, 10]],
  ['0', [0.0001, -0.0001], [0]],
  ['0:0', [1, -1], [0]],
  ['.5:1.5', [0.4, 1.6], [0.5, 1]],
  ['+5:+6', [4, 7], [5, 6]],
  ['~:', [], [-1e9, 0, 1e9]],
  ['@~:', [-1e9, 0, 1e9], []],
  [':10', [11, -1], [0, 10]],
  [' 10:20 ', [9, 21], [10, 20]],
])('%s', (text, bad, good) => {
  const range = parseRange(text)!;
  for (const value of bad) expect([value, alerts(range, value)]).toEqual([value, true]);
  for (const value of good) expect([value, alerts(range, value)]).toEqual([value, false]);
});

test.each([
  '',
  ' ',
  '@',
  '~',
  'ten',
  '10:5',
  '-1',
  '10:20:30',
  '1e3',
  '1e3:',
  '0x10',
  '10%',
  '10 : 20',
  '::',
  '10..20',
  '10,5',
  '١٠',
  'NaN',
  'Infinity',
  '~10',
  '10:~',
  '@@1:2',
  '--1:2',
  '5.',
  '10:20\n5',
])('%j is no range', (text) => {
  expect(parseRange(text)).toBeUndefined();
  expect(limitSchema.safeParse(text).success).toBe(false);
});

/** What the guidelines say, once more and otherwise: alert if outside of start..end, inside for @; start defaults to 0, ~ is -infinity. */
function oracle(text: string, value: number): boolean {
  const isInverted = text.startsWith('@');
  const bare = text.replace('@', '');
  const [first = '', second] = bare.split(':');
  const [from, to] = second === undefined ? ['0', first] : [first, second];
  const low = from === '~' ? -Infinity : Number(from);
  const high = to === '' ? Infinity : Number(to);
  const isOutside = value < low || value > high;
  return isInverted ? !isOutside : isOutside;
}

test('ranges at random alert as the guidelines say', () => {
  const seed = Number(process.env['OAOPS_TEST_SEED'] ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed}: repeat with OAOPS_TEST_SEED=${seed}`);
  const next = randomOf(seed);
  const random = (below: number) => Math.floor(next() * below);
  const number = () => `${['', '', '-', '+'][random(4)]}${random(30)}${random(3) === 0 ? `.${random(100)}` : ''}`;
  let taken = 0;
  for (let round = 0; round < 5000; round++) {
    const start = ['', '~', number()][random(3)]!;
    const end = random(3) === 0 ? '' : number();
    const text = `${random(2) ? '@' : ''}${random(4) === 0 ? end : `${start}:${end}`}`;
    const range = parseRange(text);
    if (range === undefined) continue;
    taken++;
    const near = [range.start, range.end].filter(Number.isFinite);
    for (const value of [
      ...near,
      ...near.map((edge) => edge + 0.01),
      ...near.map((edge) => edge - 0.01),
      random(60) - 30,
    ])
      expect([text, value, alerts(range, value)]).toEqual([text, value, oracle(text, value)]);
  }
  expect(taken).toBeGreaterThan(2000);
});

test('a number alerts above itself; a negative one is not taken for a range that alerts below 0', () => {
  expect([79, 80, 80.1].map((value) => stateOf(value, { warn: 80, fail: 90 }))).toEqual(['pass', 'pass', 'warn']);
  expect(stateOf(90.1, { warn: 80, fail: 90 })).toBe('fail');
  expect(stateOf(-3, { warn: 80 })).toBe('pass');
  expect([-10, -5, 0].map((value) => stateOf(value, { fail: -5 }))).toEqual(['pass', 'pass', 'fail']);
  expect([limitText(-5), limitText(5), limitText(' @1:2 '), limitText(undefined)]).toEqual([
    '~:-5',
    '5',
    '@1:2',
    undefined,
  ]);
  // What is written for other programs says the same.
  for (const value of [-10, -5.01, -5, -4.99, 0]) expect(alerts(parseRange('~:-5')!, value)).toBe(value > -5);
});

test('the second threshold stands over the first, whichever is wider', () => {
  expect(stateOf(5, { warn: '10:', fail: '6:' })).toBe('fail');
  expect(stateOf(7, { warn: '10:', fail: '6:' })).toBe('warn');
  expect(stateOf(7, { fail: 5, warn: 10 })).toBe('fail');
  expect(stateOf(7, {})).toBe('pass');
});

test('keys of a check: what is not written is preset, and ~: switches a preset off', () => {
  const { warn, fail } = limitKeys({ warn: 80 });
  expect(warn.parse(undefined)).toBe(80);
  expect(fail.parse(undefined)).toBeUndefined();
  expect(stateOf(99, { warn: warn.parse('~:') })).toBe('pass');
  for (const wrong of [null, true, [], '', Number.NaN, Number.POSITIVE_INFINITY])
    expect(warn.safeParse(wrong).success).toBe(false);
});

test('a measure carries its thresholds as plain numbers', () => {
  expect(measured({ name: 'used', value: 85, unit: '%', min: 0, max: 100 }, { warn: 80, fail: '~:90' })).toEqual({
    measure: { name: 'used', value: 85, unit: '%', min: 0, max: 100, warn: '80', fail: '~:90' },
    state: 'warn',
  });
  expect(measured({ name: 'lag', value: 1, unit: 's' }, { fail: 1e-7 }).measure.fail).toBe('0.0000001');
  expect([1e21, -1.5e-7, 2 ** 80, 0, -0, 1.25].map(plainNumber)).toEqual([
    '1000000000000000000000',
    '-0.00000015',
    '1208925819614629174706176',
    '0',
    '0',
    '1.25',
  ]);
});

test('the worst of several parts; what is not known may be worse than a failure', () => {
  expect(worst([])).toBe('pass');
  expect(worst(['pass', 'warn', 'pass'])).toBe('warn');
  expect(worst(['warn', 'fail', 'pass'])).toBe('fail');
  expect(worst(['fail', 'error', 'warn'])).toBe('error');
});
