import { expect, test } from 'vitest';
import { SharedLists, SharedTexts } from '../../../src/accounts/audit/shared-values.ts';

test('equal lists are one list, and lists that only look alike are two', () => {
  const lists = new SharedLists();
  const own = ['a', 'b'];
  const first = lists.of(own);
  expect(first).toEqual(['a', 'b']);
  expect(lists.of(['a', 'b'])).toBe(first);
  expect(lists.of(['b', 'a'])).toEqual(['b', 'a']);
  own.push('c');
  expect(first).toEqual(['a', 'b']);
  expect(lists.of(['a\nb'])).toEqual(['a\nb']);
  expect(lists.of([])).toEqual([]);
  expect(lists.of([''])).toEqual(['']);
});

test('beyond the number of lists that are kept, lists are still right', () => {
  const lists = new SharedLists();
  for (let at = 0; at < 6000; at++) expect(lists.of([`a${at}`, 'b'])).toEqual([`a${at}`, 'b']);
});

test('equal texts are told as one', () => {
  const texts = new SharedTexts();
  expect(['x', 'y', 'x'].map((text) => texts.of(text))).toEqual(['x', 'y', 'x']);
});
