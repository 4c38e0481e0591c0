import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../src/accounts/record/decisions.ts';
import { type Answers, readAnswers } from '../../../src/accounts/review/answered-file.ts';
import { csvRow, decodeCell, encodeCell } from '../../../src/accounts/review/cells.ts';
import { columnNames, columnOrder } from '../../../src/accounts/review/columns.ts';
import { linesOf, listsOf, type ReviewLine } from '../../../src/accounts/review/lines.ts';
import { fileNames, listFile } from '../../../src/accounts/review/list-file.ts';
import { decodeCsv, parseCsv } from '../../../src/core/csv.ts';
import type { OaopsError } from '../../../src/core/errors.ts';
import { hostileValues } from '../../helpers/hostile-values.ts';
import { randomOf } from '../../helpers/random-tree.ts';
import { item } from './lists.ts';

const run = '20261130T090000Z-1a2b3c4d';
const say = (lang: string, english: string) => (lang === 'en' ? english : `译：${english}`);
const nobody = new Map<string, Decision>();

function read(
  text: string | Uint8Array,
  lines: readonly ReviewLine[],
  decided: ReadonlyMap<string, Decision> = nobody,
  ofRun = run,
): Answers {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return readAnswers('sales.csv', bytes, { run: ofRun, lines, decided, say });
}

/** Writes into columns of some lines of a file, as people do in Excel. */
function fill(text: string, cells: Record<string, Partial<Record<keyof typeof columnNames, string>>>): string {
  const { columns, rows } = parseCsv('list', text.slice(1), ',');
  const at = (name: keyof typeof columnNames) =>
    columns.findIndex((column) => Object.values(columnNames[name]).includes(column as never));
  const filled = rows.map((row) => {
    const own = cells[decodeCell(row.cells[at('line')]!)] ?? cells['*'] ?? {};
    const copy = [...row.cells];
    for (const [name, value] of Object.entries(own)) copy[at(name as keyof typeof columnNames)] = value;
    return csvRow(copy);
  });
  return `\ufeff${csvRow(columns)}${filled.join('')}`;
}

function refusal(work: () => unknown): { code: string; message: string; line: number | undefined; problems: number } {
  try {
    work();
  } catch (error) {
    const { code, message, position, details } = error as OaopsError;
    return { code, message, line: position?.line, problems: (details['problems'] as unknown[])?.length ?? 0 };
  }
  throw new Error('nothing was refused');
}

const lines = linesOf([item('zhang'), item('li', { rights: ['cn=a,dc=oa', 'cn=b,dc=oa'] }), item('wang')]);
const [zhang, liA, liB, wang] = lines as [ReviewLine, ReviewLine, ReviewLine, ReviewLine];
const written = listFile(run, listsOf(lines)[0]!, 'en', say);

describe('a list that is written and comes back', () => {
  const seed = Number(process.env['OAOPS_TEST_SEED'] ?? Math.floor(Date.now() % 2 ** 31));

  it(`holds any text in any cell, as it was (seed ${seed})`, () => {
    const random = randomOf(seed);
    const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
    const signs = [
      '=',
      '+',
      '-',
      '@',
      "'",
      '"',
      ',',
      ';',
      '\t',
      '\r',
      '\n',
      '\u0000',
      '\ud800',
      '\ufeff',
      '\u2028',
      ' ',
      '　',
      '0',
      '1',
      'e',
      '/',
      '.',
      '\\',
      'json:',
      '王',
      '😀',
      '\u202e',
      'TRUE',
      'mar1',
      '3 Dec',
      '＝',
      '%',
    ];
    const text = () =>
      random() < 0.3
        ? pick(hostileValues)
        : Array.from({ length: Math.floor(random() * 8) }, () =>
            random() < 0.8 ? pick(signs) : String.fromCharCode(Math.floor(random() * 0x1_0000)),
          ).join('');
    for (let round = 0; round < 300; round++) {
      const one = item(`l${round}`, {
        ref: { key: text(), name: text(), login: text() },
        directory: text(),
        person: text(),
        personName: text(),
        department: text(),
        head: text(),
        evidence: [text(), text()],
        rights: [...new Set([text(), text()])],
      });
      const own = linesOf([one]).filter(({ id }, index, all) => all.findIndex((other) => other.id === id) === index);
      for (const lang of ['en', 'zh-CN'] as const) {
        const file = listFile(run, listsOf(own)[0]!, lang, say);
        expect(decodeCsv('list', Buffer.from(file), 'auto')).toBe(file.slice(1));
        expect(read(file, own)).toEqual({ decisions: [], undecided: own.map(({ id }) => id), before: 0 });
        const reason = `because ${text()}`;
        expect(read(fill(file, { '*': { decision: 'do', reason: encodeCell(reason) } }), own).decisions).toEqual(
          own.map(({ id }) => ({ line: id, decision: 'do', reason: reason.trim() })),
        );
      }
    }
  });

  it('no cell is a formula, a number or a date to a spreadsheet, and each is read back', () => {
    for (const text of [
      '=1+1',
      '+1',
      '-1',
      '@SUM(A1)',
      ' =1',
      '＝1',
      '0012',
      '1e5',
      '123456789012345678',
      '2026-10-31',
      '10/31',
      '1,5',
      'TRUE',
      "'a",
      '\t=1',
      '2026年10月',
    ]) {
      const cell = encodeCell(text);
      expect(cell, text).toMatch(/^(?:'|json:)/);
      expect(decodeCell(cell)).toBe(text);
    }
    for (const text of ['zhang', 'uid=zhang,dc=oa', 'Sales', 'left on 2026-10-31', 'OA\\zhang', '销售部', 'E0012'])
      expect(encodeCell(text)).toBe(text);
  });

  it('is understood in both languages, with decisions in both, in any order of columns, and with the separator of the country', () => {
    const answers = {
      [zhang.id]: { decision: '执行' },
      [liA.id]: { decision: ' YES ' },
      [liB.id]: { decision: '保留', reason: '值班' },
    };
    const expected = {
      decisions: [
        { line: zhang.id, decision: 'do' },
        { line: liA.id, decision: 'do' },
        { line: liB.id, decision: 'keep', reason: '值班' },
      ],
      undecided: [wang.id],
      before: 0,
    };
    const chinese = listFile(run, listsOf(lines)[0]!, 'zh-CN', say);
    expect(chinese).toContain('决定（执行/保留）');
    for (const text of [written, chinese]) {
      const file = fill(text, answers);
      expect(read(file, lines)).toEqual(expected);
      const { columns, rows } = parseCsv('list', file.slice(1), ',');
      const turned = [columns, ...rows.map(({ cells }) => cells)].map((cells) => [...cells].reverse());
      for (const separator of [';', '\t']) {
        const quoted = turned.map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(separator));
        expect(read(`${quoted.join('\n')}\n${separator.repeat(columns.length - 1)}\n`, lines)).toEqual(expected);
      }
    }
  });

  it('takes the words for taking away where a line is about one right, and nowhere else', () => {
    for (const word of ['收回', '撤销', 'revoke'])
      expect(read(fill(written, { [liA.id]: { decision: word } }), lines).decisions).toEqual([
        { line: liA.id, decision: 'do' },
      ]);
    expect(refusal(() => read(fill(written, { [zhang.id]: { decision: '撤销' } }), lines)).message).toContain(
      '"撤销" is no decision',
    );
  });

  it('is read in GBK, as Excel of a Chinese Windows saves it', () => {
    const file = fill(written, { '*': { decision: 'do' } });
    // "执行" in GBK, which Node.js only reads.
    const gbk = Buffer.concat(
      file
        .slice(1)
        .split(/(,do,)/)
        .map((part) => (part === ',do,' ? Buffer.from([0x2c, 0xd6, 0xb4, 0xd0, 0xd0, 0x2c]) : Buffer.from(part))),
    );
    expect(read(gbk, lines).decisions).toHaveLength(4);
  });

  it('is accepted when the mark of a text was dropped while it was saved', () => {
    const own = linesOf([item('0012', { person: '0042', evidence: ['=1'] })]);
    const file = listFile(run, listsOf(own)[0]!, 'en', say);
    expect(file).toContain("'0042");
    expect(read(file.replaceAll("'0042", '0042').replaceAll("'0012", '0012'), own).undecided).toHaveLength(1);
    expect(refusal(() => read(file.replaceAll("'0042", '42'), own)).message).toBe('the column "person" was changed');
  });
});

describe('a list that a spreadsheet has saved', () => {
  const decided = fill(written, { '*': { decision: 'Y' } });

  it('may have empty columns and rows around it', () => {
    const wide = decided.replaceAll('\r\n', ',,\r\n');
    const below = `${decided}\r\n${','.repeat(15)}\r\n,\r\n`;
    for (const text of [wide, below]) expect(read(text, lines).decisions).toHaveLength(lines.length);
    expect(refusal(() => read(decided.replace('\r\n', ',,\r\n').replace(/\r\n$/, ',,x\r\n'), lines)).message).toMatch(
      /the row has \d+ columns instead of/,
    );
  });

  it.each([
    ['y', 'do'],
    ['N', 'keep'],
    ['保 留', 'keep'],
    ['ＤＯ ', 'do'],
  ])('decisions may be written as "%s"', (word, decision) => {
    const [first] = read(fill(written, { '*': { decision: word } }), lines).decisions;
    expect(first?.decision).toBe(decision);
  });

  it('is no workbook', () => {
    expect(refusal(() => read(Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0), lines)).message).toMatch(/is a workbook/);
  });
});

describe('a list that does not fit is refused as a whole', () => {
  const signedAll = fill(written, { '*': { decision: 'do' } });

  it('names columns as the file does', () => {
    const file = listFile(run, listsOf(lines)[0]!, 'zh-CN', say);
    expect(refusal(() => read(fill(file, { [zhang.id]: { login: 'x' } }), lines)).message).toMatch(
      /column "登录名" was/,
    );
    expect(refusal(() => read('行号,部门\nx,y\n', lines)).message).toMatch(/column "负责人工号" is missing/);
  });

  it('every column of facts that was changed is found', () => {
    for (const column of columnOrder) {
      if (column === 'decision' || column === 'reason') continue;
      const file = fill(signedAll, { [liB.id]: { [column]: 'something else' } });
      expect(
        refusal(() => read(file, lines)),
        column,
      ).toMatchObject({ code: 'review-file-invalid', line: 4, problems: 1 });
    }
  });

  it.each([
    [
      'facts of one line under the name of another',
      () => fill(signedAll, { [zhang.id]: { line: wang.id } }),
      /column "login" was changed/,
    ],
    [
      'a line that the run does not have',
      () => fill(signedAll, { [zhang.id]: { line: 'ffffffffffff' } }),
      /"ffffffffffff" is not in the list/,
    ],
    [
      'a list of another run',
      () => signedAll.replaceAll(run, '20261029T090000Z-00000000'),
      /of another run, 20261029T090000Z-00000000 \(and 3 more, on lines 3, 4, 5\)/,
    ],
    [
      'a line that stands twice',
      () => `${signedAll}${signedAll.split('\r\n')[1]}\r\n`,
      /stands in the file twice, also on line 2/,
    ],
    [
      'a word that is no decision',
      () => fill(signedAll, { [wang.id]: { decision: 'maybe' } }),
      /"maybe" is no decision/,
    ],
    ['a column more', () => signedAll.replace('reason', 'note'), /column "note" is none of the list/],
    ['a column twice', () => signedAll.replace('reason', 'login'), /"login" is (?:there|named) twice/],
    ['another file', () => 'login,name\nzhang,Zhang\n', /column "line" is missing/],
    ['half a file', () => signedAll.slice(0, -40), /columns instead of|never closed|was changed/],
    ['an empty file', () => '', /does not name the columns/],
  ])('%s', (_what, file, message) => {
    expect(refusal(() => read(file(), lines)).message).toMatch(message);
  });

  it('a line that was decided differently before; the same decision again is nothing new', () => {
    const earlier = (decision: 'do' | 'keep') =>
      new Map([[zhang.id, { line: zhang.id, decision, by: 'root', at: '2026-11-30T09:00:00Z', from: 'terminal' }]]);
    expect(refusal(() => read(signedAll, lines, earlier('keep'))).message).toMatch(/decided before: keep \(root/);
    expect(read(signedAll, lines, earlier('do')).decisions.map(({ line }) => line)).toEqual([liA.id, liB.id, wang.id]);
  });
});

describe('names of files', () => {
  it('stay in their folder and differ on any system, whatever departments are called', () => {
    const departments = [
      '../../etc/passwd',
      'a/b',
      'a\\b',
      'CON',
      'con',
      '',
      undefined,
      '.',
      '..',
      'x\u0000y',
      'x\ny',
      '-rf',
      '销售部',
      '王'.repeat(300),
      'Sales',
      'SALES',
      'Ｓales',
      '\u202egpj',
      '$(touch x)',
      '\ud800',
      ' lpt1.txt ',
    ];
    const names = fileNames(departments.map((department) => (department === undefined ? {} : { department })));
    for (const name of names) {
      expect(name).not.toMatch(/[/\\\u0000-\u001f:*?"<>|$\u202e]/);
      expect(name).toMatch(/^[^.\-\s].*\.csv$/);
      expect(name).not.toMatch(/^(?:con|lpt1)\./i);
      expect(Buffer.byteLength(name)).toBeLessThan(140);
    }
    expect(new Set(names.map((name) => name.normalize('NFKC').toLowerCase())).size).toBe(departments.length);
    expect(
      fileNames([
        { department: 'Sales', head: 'E1' },
        { department: 'Sales', head: 'E2' },
      ]),
    ).toEqual(['Sales E1.csv', 'Sales E2.csv']);
  });
});
