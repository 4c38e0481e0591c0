import { expect, test } from 'vitest';
import { oneLine } from '../../src/core/plain-text.ts';

test('shows what would move the cursor, end the line or turn the direction, and leaves words alone', () => {
  expect(oneLine('备份 👩‍🔧 ok')).toBe('备份 👩‍🔧 ok');
  expect(oneLine('a\x1b[2J\nb\u202e\u009b')).toBe('a\\u001b[2J\\u000ab\\u202e\\u009b');
});
