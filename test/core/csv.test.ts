import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CsvEncoding, decodeCsv, parseCsv } from '../../src/core/csv.ts';

const bytesOf = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
const decoded = (bytes: Uint8Array, encoding: CsvEncoding = 'auto') => decodeCsv('people.csv', bytes, encoding);
const cellsOf = (text: string, separator = ',') =>
  parseCsv('people.csv', text, separator).rows.map(({ cells }) => cells);
/** 王小明 in GBK. */
const gbkName = [0xcd, 0xf5, 0xd0, 0xa1, 0xc3, 0xf7];

test('UTF-8 with and without a mark, and GBK, are told apart', () => {
  expect(decoded(bytesOf('id\n王小明\n'))).toBe('id\n王小明\n');
  expect(decoded(bytesOf([0xef, 0xbb, 0xbf], 'id\n王小明\n'))).toBe('id\n王小明\n');
  expect(decoded(bytesOf('id\n', gbkName, '\n'))).toBe('id\n王小明\n');
  expect(decoded(bytesOf('id\n', gbkName, '\n'), 'gbk')).toBe('id\n王小明\n');
  // 㐀 has four bytes in GB 18030.
  expect(decoded(bytesOf('id\n', [0x81, 0x39, 0xee, 0x39], '\n'))).toBe('id\n㐀\n');
});

test.each<[string, Uint8Array, CsvEncoding, string, number]>([
  ['a NUL byte', bytesOf('id\nbob\na\0b\n'), 'auto', 'the list holds a NUL byte', 3],
  ['UTF-16', bytesOf([0xff, 0xfe, 0x69, 0]), 'auto', 'the list is UTF-16', 1],
  ['GBK where UTF-8 was said', bytesOf('id\n', gbkName, '\n'), 'utf-8', 'the line is not UTF-8', 2],
  ['GBK after the mark of UTF-8', bytesOf([0xef, 0xbb, 0xbf], 'id\n', gbkName), 'auto', 'the line is not UTF-8', 2],
  ['one damaged line of UTF-8', bytesOf('id\n王小明\n李雷\n', [0xe7, 0x8e], '\n'), 'auto', 'the line is not UTF-8', 4],
  ['neither', bytesOf('id\n', [0x81, 0x20], '\n'), 'auto', 'the line is neither UTF-8 nor GBK', 2],
  ['neither, where GBK was said', bytesOf('id\na\n', [0xff], '\n'), 'gbk', 'the line is neither UTF-8 nor GBK', 3],
])('bytes that are no text are refused with their line: %s', (_, bytes, encoding, message, line) => {
  expect(() => decoded(bytes, encoding)).toThrow(
    expect.objectContaining({
      code: 'csv-encoding',
      message,
      exitCode: 2,
      position: { file: 'people.csv', line, col: 1 },
    }),
  );
});

test('values arrive unchanged', () => {
  expect(cellsOf('id,name\r\n"a ""b"" c","1,2\n3"\r\n$(touch x), 王小明 \n\n😀,\n')).toEqual([
    ['a "b" c', '1,2\n3'],
    ['$(touch x)', ' 王小明 '],
    ['😀', ''],
  ]);
  expect(cellsOf('id;name\na,b;c', ';')).toEqual([['a,b', 'c']]);
  expect(cellsOf('id\tname\na b\tc\n', '\t')).toEqual([['a b', 'c']]);
});

test('lines are counted through quoted line ends', () => {
  const { rows } = parseCsv('people.csv', 'id,note\n"a\n\nb",x\nc,y\n\nd,z', ',');
  expect(rows.map(({ line }) => line)).toEqual([2, 5, 7]);
});

test.each([
  ['', 'the list is empty', 1],
  ['\n\n', 'the list is empty', 1],
  ['id,\na,b\n', 'column 2 has no name', 1],
  ['id,name,id\na,b,c\n', 'the column "id" is named twice', 1],
  ['id,name\na,b\nc\n', 'the row has 1 columns instead of 2', 3],
  ['id,name\n\na,b,c\n', 'the row has 3 columns instead of 2', 3],
  ['id,name\na,b\n"c,d\ne\n', 'a quotation mark is never closed', 3],
  ['id,name\na,"b"c\n', 'a value goes on after its closing quotation mark', 2],
  ['id,name\na,b"c"\n', 'a quotation mark stands in a value without quotation marks', 2],
  ['id,name\na,b\rc,d\n', 'a carriage return ends no line', 2],
])('%j is refused with its line', (text, message, line) => {
  expect(() => parseCsv('people.csv', text, ',')).toThrow(
    expect.objectContaining({
      code: 'csv-invalid',
      message,
      exitCode: 2,
      position: { file: 'people.csv', line, col: 1 },
    }),
  );
});

test('whatever was written as RFC 4180 says is read back', () => {
  const seed = Number(process.env['OAOPS_SEED'] ?? Date.now() % 2 ** 31);
  console.log(`csv seed: ${seed}`);
  const cell = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', ' ', '王', '$(x)') }),
  );
  const table = fc.array(fc.tuple(cell, cell), { maxLength: 6 });
  fc.assert(
    fc.property(table, fc.constantFrom('\n', '\r\n'), (rows, end) => {
      const written = (value: string) => `"${value.replaceAll('"', '""')}"`;
      const text = ['id,name', ...rows.map((cells) => cells.map(written).join(','))].join(end);
      expect(cellsOf(text)).toEqual(rows);
    }),
    { seed },
  );
});
