import { expect, test } from 'vitest';
import { table } from '../../../src/cli/render/table.ts';
import { displayWidth } from '../../../src/cli/render/width.ts';

const columns = [{ title: 'NAME' }, { title: 'SIZE', align: 'right' as const }, { title: 'TITLE', flexible: true }];

test('columns line up, also with Chinese titles', () => {
  const rows = [
    ['backup-daily', '1.4 GiB', '每日备份'],
    ['x', '12 B', 'short'],
  ];
  expect(table(columns, rows)).toBe(
    ['NAME             SIZE  TITLE', 'backup-daily  1.4 GiB  每日备份', 'x                12 B  short'].join('\n'),
  );
});

test('a flexible column is wrapped so that every line fits', () => {
  const rows = [
    ['restore-drill', '1 B', '恢复演练:恢复全部文件,比较每个校验值,运行冒烟检查,测量用时,给出结论,并保存证据'],
  ];
  const text = table(columns, rows, { columns: 60 });
  expect(text.split('\n').every((line) => displayWidth(line) <= 60)).toBe(true);
  expect(text.split('\n').length).toBeGreaterThan(2);
});

test('fixed columns are clipped only when nothing else helps', () => {
  const rows = [['a-very-long-name-that-nobody-should-have-given-to-anything', '1 B', 'text']];
  expect(table(columns, rows, { columns: 200 })).toContain('given-to-anything');
  const narrow = table(columns, rows, { columns: 40 });
  expect(narrow).toContain('…');
  expect(narrow.split('\n').every((line) => displayWidth(line) <= 40)).toBe(true);
});

test('control signs of cells are written out, line ends between lines of a cell stay', () => {
  const shown = table([{ title: 'NAME' }, { title: 'ABOUT', flexible: true }], [['a\x1b[2Jb\r', 'one\ntwo\u202e']]);
  expect(shown).toBe('NAME               ABOUT\na\\u001b[2Jb\\u000d  one\n                   two\\u202e');
});

test('a word is broken only when no other column can give way, and then where a path or a name has a joint', () => {
  const listed = [
    { title: 'NAME', whole: true },
    { title: 'TITLE', flexible: true },
    { title: 'FROM', flexible: true },
  ];
  const rows = [
    ['backup-daily', 'Daily backup of an OA site', 'shipped, shadowed by /etc/oaops/runbooks/backup-daily.yaml'],
  ];
  expect(table(listed, rows, { columns: 65 })).toBe(
    `NAME          TITLE         FROM
backup-daily  Daily backup  shipped, shadowed by
              of an OA      /etc/oaops/runbooks/backup-daily.yaml
              site`,
  );
  expect(table(listed, rows, { columns: 50 })).toBe(
    `NAME          TITLE         FROM
backup-daily  Daily backup  shipped, shadowed by
              of an OA      /etc/oaops/runbooks/
              site          backup-daily.yaml`,
  );
});

test('a column that is cut stays as wide as its title', () => {
  const [head, row] = table([{ title: 'VERSION' }, { title: 'X', whole: true }], [['1.0.0-long-one', 'y'.repeat(30)]], {
    columns: 30,
  }).split('\n');
  expect(head!.indexOf('X')).toBe(row!.indexOf('y'));
});

test('more rows than a call takes arguments', { timeout: 60_000 }, () => {
  expect(
    table(
      [{ title: 'N' }],
      Array.from({ length: 130_000 }, () => ['1']),
    ),
  ).toHaveLength(260_001);
});
