import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { sourceStage } from '../../helpers/source-stage.ts';
import { type TestWorkbook, workbookOf, workbookParts, type ZipPart, zipOf } from '../../helpers/workbook.ts';

const stage = sourceStage();
afterAll(() => stage.remove());
const file = '花名册.xlsx';
const read = (content: Uint8Array, spec: object = {}) => {
  stage.write(file, content);
  return stage.read({ type: 'xlsx', file, ...spec });
};
const rowsOf = (workbook: TestWorkbook, spec: object = {}) => read(workbookOf(workbook), spec);
/** A workbook with one of its parts written otherwise. */
const withPart = (name: string, change: (part: ZipPart) => ZipPart) =>
  zipOf(workbookParts(plain).map((part) => (part.name === name ? change(part) : part)));
const plain: TestWorkbook = {
  rows: [
    ['工号', '姓名'],
    ['1', '王'],
  ],
};
const sheet = 'xl/worksheets/sheet1.xml';
const place = (line: number) => ({ file: `${file}!花名册`, line, col: 1 });

test('texts shared and inline, numbers, days, results of formulas', async () => {
  const found = await rowsOf({
    strings: [
      '<si><t>王</t></si>',
      '<si><r><t>李</t></r><r><rPr><b/></rPr><t xml:space="preserve"> 雷</t></r><rPh sb="0" eb="1"><t>lilei</t></rPh></si>',
      '<si><t>财务_x000D_部&amp;法务</t></si>',
    ],
    rows: [
      ['工号', '姓名', '部门', '状态', '离职日期'],
      ['00123', { xml: '<c t="s"><v>0</v></c>' }, { xml: '<c t="s"><v>2</v></c>' }, '在职', ''],
      [1002, { xml: '<c t="s"><v>1</v></c>' }, '', { xml: '<c t="str"><f>IF(1,"离职")</f><v>离职</v></c>' }, 46326],
      ['1003', '', '', '在职', { xml: '<c><f>TODAY()</f><v>46400.5</v></c>' }],
      ['1004', '', '', '在职', { xml: '<c t="d"><v>2027-01-31T00:00:00</v></c>' }],
    ],
  });
  expect(found.people).toMatchObject([
    { id: '00123', name: '王', department: '财务\r部&法务', where: `${file}!花名册:2`, employment: 'active' },
    { id: '1002', name: '李 雷', endsOn: '2026-10-31', employment: 'left' },
    { id: '1003', endsOn: '2027-01-13' },
    { id: '1004', endsOn: '2027-01-31' },
  ]);
});

test('a workbook that another program wrote', async () => {
  const found = await read(
    readFileSync(fileURLToPath(new URL('../../fixtures/roster-exceljs.xlsx', import.meta.url))),
    {
      headerRow: 3,
    },
  );
  const common = { department: '财务部', startsOn: '2020-01-02' };
  expect(found.people).toMatchObject([
    { ...common, id: '00123', name: '王小明', status: '在职', employment: 'active' },
    { ...common, id: '00124', name: '李雷', status: '离职', endsOn: '2026-10-31', employment: 'left' },
  ]);
});

test('the system of 1904', async () => {
  const found = await rowsOf({
    date1904: true,
    rows: [
      ['工号', '离职日期'],
      ['1', 44864],
    ],
  });
  expect(found.people[0]).toMatchObject({ endsOn: '2026-10-31' });
});

test('numbers that are shown with zeros have them; where zeros may be lost, it is told', async () => {
  const styles =
    '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="00000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>';
  const lost = `employee numbers in ${file}!花名册 are stored as numbers of different lengths: zeros in front of them may be lost`;
  const shown = await rowsOf({
    styles,
    rows: [['工号'], [{ xml: '<c s="1"><v>123</v></c>' }], [{ xml: '<c s="1"><v>4567</v></c>' }]],
  });
  expect(shown.people.map(({ id }) => id)).toEqual(['00123', '04567']);
  expect(shown.problems).not.toContain(lost);
  expect((await rowsOf({ rows: [['工号'], [123], [4567]] })).problems).toContain(lost);
  expect((await rowsOf({ rows: [['工号'], [1234], ['0567']] })).problems).toContain(lost);
  expect((await rowsOf({ rows: [['工号'], [1234], [4567]] })).problems).not.toContain(lost);
});

test('a header further down, with cells that go over two rows; rows between are none', async () => {
  const found = await rowsOf(
    {
      rows: [['员工花名册'], ['工号', '姓名', '合同'], ['', '', '入职日期', '离职日期'], [], ['1', '王', 46000, 46326]],
      after: '<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="B2:B3"/><mergeCell ref="C2:D2"/></mergeCells>',
    },
    { headerRow: 3 },
  );
  expect(found.people).toMatchObject([{ id: '1', name: '王', startsOn: '2025-12-09', endsOn: '2026-10-31' }]);
  await expect(rowsOf({ rows: [['员工花名册'], ['工号']] })).rejects.toMatchObject({
    code: 'source-columns',
    exitCode: 2,
    position: place(1),
    next: 'Name it in "fields", or check "sheet" and "headerRow". Columns: 员工花名册.',
  });
});

test('merged cells with facts are refused: all but the first are blank', async () => {
  const rows = [
    ['工号', '状态', '备注'],
    ['1', '离职', 'a'],
    ['2', '', ''],
  ];
  const merged = (ref: string) => rowsOf({ rows, after: `<mergeCells><mergeCell ref="${ref}"/></mergeCells>` });
  await expect(merged('B2:B3')).rejects.toMatchObject({
    code: 'source-merged',
    exitCode: 4,
    message: 'the cells B2:B3 are merged: only the first of them has a value',
    position: { ...place(2), col: 2 },
  });
  await expect(merged('C2:C3')).resolves.toMatchObject({ rows: 2 });
});

test('hidden rows are people too, and are told', async () => {
  const found = await rowsOf({ rows: [['工号'], ['1'], ['2'], ['3']], hiddenRows: [3, 4] });
  expect(found.people).toHaveLength(3);
  expect(found.problems).toContain(`hidden rows of ${file}!花名册 were read like the others: 2`);
});

test('the sheet that is named, else the first that is shown', async () => {
  const sheets =
    '<sheet name="说明" sheetId="2" state="hidden" r:id="rId9"/><sheet name="花名册" sheetId="1" r:id="rId1"/>';
  await expect(rowsOf({ ...plain, sheets })).resolves.toMatchObject({ rows: 1 });
  await expect(rowsOf(plain, { sheet: '花名册' })).resolves.toMatchObject({ rows: 1 });
  await expect(rowsOf(plain, { sheet: '离职' })).rejects.toMatchObject({
    code: 'source-workbook',
    message: `the file ${file} is no workbook that can be read: it has no sheet "离职", only 花名册`,
  });
});

test.each<[string, string, TestWorkbook['rows'][number], string]>([
  [
    'an error of the spreadsheet',
    '状态',
    [{ xml: '<c t="e"><v>#N/A</v></c>' }],
    'it is an error of the spreadsheet (#N/A)',
  ],
  ['a formula that nobody calculated', '离职日期', [{ xml: '<c><f>A1+1</f></c>' }], 'its formula was never calculated'],
  ['a text that is not there', '姓名', [{ xml: '<c t="s"><v>7</v></c>' }], 'its text is missing in the workbook'],
  ['a number that is none', '离职日期', [{ xml: '<c><v>1e</v></c>' }], 'it is no number'],
])('%s is no blank cell', async (_, column, cells, why) => {
  await expect(
    rowsOf({
      rows: [
        ['工号', column],
        ['1', ...cells],
      ],
    }),
  ).rejects.toMatchObject({
    code: 'source-value',
    exitCode: 4,
    message: expect.stringContaining(why),
    position: place(2),
  });
});

test('a number with more digits than a spreadsheet keeps', async () => {
  await expect(rowsOf({ rows: [['工号'], [{ xml: '<c><v>1.2345678901234568E+17</v></c>' }]] })).rejects.toMatchObject({
    code: 'source-value',
    position: place(2),
  });
});

const huge = Buffer.alloc(20 * 1024 * 1024, ' ');
const expansion =
  '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet><sheetData>&b;</sheetData></worksheet>';
test.each<[string, Uint8Array, string]>([
  ['no ZIP file', Buffer.from('工号,姓名\n1,王\n'), 'is no workbook'],
  [
    'an old workbook, or one with a password',
    Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    'it is an old .xls file, or protected by a password',
  ],
  ['half a file', workbookOf(plain).subarray(0, 900), 'is no workbook'],
  ['a part that is missing', zipOf(workbookParts(plain).slice(0, -1)), 'part xl/worksheets/sheet1.xml is missing'],
  [
    'a part twice',
    zipOf([...workbookParts(plain), ...workbookParts(plain).slice(-1)]),
    'the part xl/worksheets/sheet1.xml is in it twice',
  ],
  [
    'a small part that unpacks to much',
    withPart('xl/workbook.xml', (part) => ({ ...part, text: huge })),
    'the part xl/workbook.xml is larger than 16 MiB unpacked',
  ],
  [
    'a bomb that tells a small size',
    withPart('xl/workbook.xml', (part) => ({ ...part, text: huge, toldSize: 100 })),
    'too many bytes in the stream',
  ],
  [
    'a sheet that would be larger than any',
    withPart(sheet, (part) => ({ ...part, toldSize: 0xf0000000 })),
    'is larger than 1024 MiB unpacked',
  ],
  ['less than it tells', withPart(sheet, (part) => ({ ...part, toldSize: 5000 })), 'not enough bytes in the stream'],
  [
    'a damaged part',
    withPart(sheet, (part) => ({ ...part, toldCrc: 1 })),
    'the part xl/worksheets/sheet1.xml is damaged',
  ],
  [
    'a path that leads out',
    zipOf([{ name: '../../etc/passwd', text: 'x' }, ...workbookParts(plain)]),
    'invalid relative path',
  ],
  [
    'entities of its own',
    withPart(sheet, (part) => ({ ...part, text: expansion })),
    'it declares entities or types of its own',
  ],
  [
    'a file that it would fetch',
    withPart('xl/_rels/workbook.xml.rels', (part) => ({
      ...part,
      text: String(part.text).replace(
        'Target="worksheets/sheet1.xml"',
        'TargetMode="External" Target="file:///etc/passwd"',
      ),
    })),
    'the sheet "花名册" is missing',
  ],
  [
    'half a sheet',
    withPart(sheet, (part) => ({ ...part, text: String(part.text).slice(0, -30) })),
    'it ends too early',
  ],
  [
    'rows out of order',
    withPart(sheet, (part) => ({ ...part, text: String(part.text).replace('<row r="2"', '<row r="1"') })),
    'its rows are out of order',
  ],
  [
    'a cell beyond every column',
    withPart(sheet, (part) => ({ ...part, text: String(part.text).replace('<c r="B2"', '<c r="ZZZZ2"') })),
    'its cells are out of order',
  ],
])('hostile: %s', async (_, content, message) => {
  await expect(read(content)).rejects.toMatchObject({
    code: 'source-workbook',
    exitCode: 4,
    message: expect.stringContaining(message),
  });
});

test('no flipped byte is taken for another roster', async () => {
  const whole = workbookOf({
    rows: [
      ['工号', '状态'],
      ['1', '在职'],
      ['2', '离职'],
    ],
  });
  const people = JSON.stringify((await read(whole)).people);
  for (let at = 0; at < whole.length; at += 3) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0x41;
    const found = await read(damaged).catch((error: { code?: string }) => {
      expect(error.code).toMatch(/^source-/);
    });
    if (found) expect(JSON.stringify(found.people)).toBe(people);
  }
});
