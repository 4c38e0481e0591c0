import { expect, test } from 'vitest';
import { oneLine, paintedLines, plainLines } from '../../src/core/plain-text.ts';

test('shows what would move the cursor, end the line or turn the direction, and leaves words alone', () => {
  expect(oneLine('备份 👩‍🔧 ok')).toBe('备份 👩‍🔧 ok');
  expect(oneLine('a\x1b[2J\nb\u202e\u009b')).toBe('a\\u001b[2J\\u000ab\\u202e\\u009b');
});

test('a text of several lines keeps line ends and tabs; one that is painted keeps its colours, and nothing else', () => {
  expect(plainLines('a\tb\nc\x1b[31md\r\u202e')).toBe('a\tb\nc\\u001b[31md\\u000d\\u202e');
  expect(paintedLines('\x1b[2mTITLE\x1b[22m\nx\x1b[2J\x1b]0;t\x07')).toBe(
    '\x1b[2mTITLE\x1b[22m\nx\\u001b[2J\\u001b]0;t\\u0007',
  );
  expect(paintedLines('ends with \x1b')).toBe('ends with \\u001b');
});
