import { expect, test } from 'vitest';
import { manualInput } from '../../src/actions/flow/manual.ts';

test('a pattern that is no regular expression is found before anybody is asked', () => {
  const check = (pattern: string) => manualInput.withSchema.safeParse({ message: 'Number?', pattern });
  expect(check('[0-9]+').success).toBe(true);
  expect(check('[').error?.issues).toMatchObject([{ path: ['pattern'], message: 'not a regular expression' }]);
});
