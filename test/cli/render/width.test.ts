import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { clip, displayWidth, pad, wrap, wrapLines } from '../../../src/cli/render/width.ts';

test.each([
  ['', 0],
  ['abc', 3],
  ['备份', 4],
  ['a备b', 4],
  ['，。', 4],
  ['é', 1],
  ['e\u0301', 1],
  ['\u001B[31mred\u001B[39m', 3],
  ['👍', 2],
  ['𠮷', 2],
  ['✔', 1],
  ['ｱ', 1],
])('%j takes %i columns', (text, columns) => expect(displayWidth(text)).toBe(columns));

test('clip marks what it cut off and never exceeds the columns', () => {
  expect(clip('abcdef', 4)).toBe('abc…');
  expect(clip('备份数据库', 6)).toBe('备份…');
  expect(clip('abc', 3)).toBe('abc');
  expect(clip('abc', 0)).toBe('');
});

test('pad counts Chinese characters as two', () => {
  expect(pad('备份', 6)).toBe('备份  ');
  expect(pad('12', 4, 'right')).toBe('  12');
});

test('wrap breaks between words and between Chinese characters', () => {
  expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
  expect(wrap('分发补丁包', 4)).toEqual(['分发', '补丁', '包']);
  expect(wrap('averyveryverylongword', 8)).toEqual(['averyver', 'yverylon', 'gword']);
});

test('wrapped lines fit, and lose nothing but white space', () => {
  const words = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '备', '份', '-', '，') });
  fc.assert(
    fc.property(words, fc.integer({ min: 2, max: 30 }), (text, columns) => {
      const lines = wrap(text, columns);
      expect(lines.every((line) => displayWidth(line) <= columns)).toBe(true);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }),
  );
});

test('a word that is longer than a line ends behind a sign that divides it', () => {
  expect(wrap('see /etc/oaops/runbooks', 12)).toEqual(['see', '/etc/oaops/', 'runbooks']);
  expect(wrap('see /etc/oaops/runbooks', 12, { longWords: 'keep' })).toEqual(['see', '/etc/oaops/runbooks']);
});

test('lines are continued below their beginning, long words stay whole', () => {
  const plan = ' 1. copy: Copy all of it [WRITE]\n      from /srv/oa/documents/contracts to main\neffect: write\n';
  expect(wrapLines(plan, 24)).toBe(` 1. copy: Copy all of it
    [WRITE]
      from
        /srv/oa/documents/contracts
        to main
effect: write
`);
  expect(wrapLines(plan, 80)).toBe(plan);
  expect(wrapLines('12. x: 备份整个站点以及其他', 16)).toBe('12. x: 备份整个\n    站点以及其他');
});

test('each character of a long Chinese line is measured once', () => {
  const segmented = vi.spyOn(Intl.Segmenter.prototype, 'segment');
  try {
    const lines = wrap(`${'已于离职，'.repeat(400)}é`, 80);
    expect(lines.every((line) => displayWidth(line) <= 80)).toBe(true);
    expect(segmented.mock.calls.reduce((sum, [text]) => sum + text.length, 0)).toBeLessThan(2000);
  } finally {
    segmented.mockRestore();
  }
});
