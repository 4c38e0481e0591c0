import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgePolicies } from '../../../src/accounts/policy/judge.ts';
import { policyReport } from '../../../src/accounts/policy/report.ts';
import { compareAudits } from '../../../src/accounts/report/compare.ts';
import { accountReportParts } from '../../../src/accounts/report/formats.ts';
import { type AccountReport, assembleReport } from '../../../src/accounts/report/report.ts';
import { policiesSchema } from '../../../src/accounts/schema/rules.ts';
import { tellAccounts } from '../../../src/app/accounts/report.ts';
import { textReport } from '../../../src/app/accounts/report-text.ts';
import { displayWidth } from '../../../src/cli/render/width.ts';
import { loadTexts, sayLines } from '../../../src/cli/texts/texts.ts';
import { parseCsv } from '../../../src/core/csv.ts';
import { earlier, finding, findings, full, hostile, silent, summary } from './sample.ts';

await loadTexts('zh-CN');

const folder = join(import.meta.dirname, '../../golden/accounts');
const formats = ['text', 'json', 'csv', 'markdown', 'html'] as const;
type Format = (typeof formats)[number];
const everything = { findings: [], directories: [] };

const fullReport = assembleReport({
  summary: full,
  status: 'incomplete',
  findings,
  comparison: compareAudits({ summary: full, findings }, { summary: summary({ run: 'r0' }), findings: earlier }),
  policies: policyReport({
    rules: judgePolicies(
      [
        {
          directory: 'ldap',
          scope: 'cn=default',
          rule: 'min-length',
          value: 8,
          unit: 'characters',
          from: 'pwdMinLength',
        },
      ],
      policiesSchema.parse({ required: { minLength: 12, qualityCheck: true, secondFactor: 'privileged' } }).required,
      ['ldap'],
      [{ directory: 'ldap', whose: 'privileged', bound: 1, unbound: 1, untold: 0 }],
    ),
    secondFactors: [{ directory: 'ldap', whose: 'all', bound: 3, unbound: 2, untold: 1 }],
    required: true,
    problems: [],
  }),
  filter: everything,
});

function tell(report: AccountReport, format: Format, lang = 'en', all = false): string {
  const say = (english: string) => sayLines(lang, english);
  const parts =
    format === 'text'
      ? textReport(report, { lang, say, columns: 80, color: false, all })
      : accountReportParts(report, format, { lang, say });
  return [...parts].join('');
}

const endings: Record<Format, string> = { text: 'txt', json: 'json', csv: 'csv', markdown: 'md', html: 'html' };

describe.each(['en', 'zh-CN'])('%s', (lang) => {
  test.each(formats)('%s is as it was agreed on', (format) => {
    const file = join(folder, `report.${lang}.${endings[format]}`);
    const told = tell(fullReport, format, lang);
    if (process.env['OAOPS_UPDATE_GOLDEN'] || !existsSync(file)) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, told);
    }
    expect(told).toBe(readFileSync(file, 'utf8'));
  });
});

const named = Object.values(hostile).flatMap((name) => [
  finding('leaver', name, {
    directory: 'ldap',
    account: name,
    person: name,
    department: name,
    evidence: name,
    figure: name,
    rights: [name],
  }),
]);
const hostileReport = assembleReport({
  summary: summary({
    unjudged: Object.values(hostile),
    remarks: Object.values(hostile),
    exceptions: {
      used: Object.values(hostile).map((reason) => ({
        finding: 'leaver',
        account: reason,
        until: '2026-12-31',
        by: reason,
        reason,
        findings: 1,
      })),
      expired: [],
    },
  }),
  status: 'ok',
  findings: named,
  filter: everything,
});

describe('names of others', () => {
  test.each(['text', 'csv', 'markdown', 'html'] as const)(
    '%s: nothing steers a terminal or turns the text',
    (format) => {
      expect(tell(hostileReport, format, 'en', true)).not.toMatch(/[\u001b\u202e]/);
    },
  );

  test('CSV: no formula, and one line a finding', () => {
    const text = tell(hostileReport, 'csv');
    expect(text.startsWith('\ufeff')).toBe(true);
    const { rows } = parseCsv('report.csv', text.slice(1), ',');
    expect(rows).toHaveLength(named.length + hostileReport.unjudged.length);
    for (const cell of rows.flatMap(({ cells }) => cells)) expect(cell).not.toMatch(/^\s*[=+\-@＝＋－＠|%]/);
    expect(text.split('\r\n')).toHaveLength(rows.length + 2);
  });

  test('HTML: text stays text, and nothing is fetched or run', () => {
    const html = tell(hostileReport, 'html');
    expect(html).not.toContain('<script');
    expect(html).not.toMatch(/<[^>]*\s(href|src|on\w+)=/);
    expect(html).toContain("default-src 'none'");
    expect(html.match(/<tr>/g)).toHaveLength(html.match(/<\/tr>/g)!.length);
  });

  test('Markdown: no link, no image, no HTML, no further column', () => {
    const markdown = tell(hostileReport, 'markdown');
    expect(markdown).not.toMatch(/(?<!\\)!\[|(?<!\\)\]\(|<script|javascript:alert\(/);
    for (const line of markdown.split('\n').filter((one) => one.includes('uid=') || one.includes('HYPERLINK')))
      if (line.startsWith('|')) expect(line.match(/(?<!\\)\|/g)).toHaveLength(8);
  });

  test('JSON holds them as they are', () => {
    const { findings: own } = JSON.parse(tell(hostileReport, 'json')) as AccountReport;
    expect(own.map(({ login }) => login)).toEqual(Object.values(hostile));
  });
});

test('on a screen, that nothing was found is said once; what was found and what was not read is summed up in the last line', async () => {
  const request = { format: 'text', out: undefined, findings: [], directories: [], all: false } as const;
  const screen = { lang: 'en', say: (english: string) => english, columns: 80, color: false };
  const told = (report: AccountReport) => tellAccounts(report, request, screen);
  const clean = assembleReport({ summary: summary({}), status: 'ok', findings: [], filter: everything });
  expect(clean.unjudged).toEqual([]);
  expect((await told(clean)).match(/No findings/g)).toHaveLength(1);
  expect((await told(fullReport)).replaceAll('\n', ' ')).toMatch(
    new RegExp(` Total: ${fullReport.total};.*; Rules that are weak or not set: \\d+; NOT READ OR NOT JUDGED: 1$`),
  );
  const unread = assembleReport({ summary: silent, status: 'incomplete', findings: [], filter: everything });
  expect(await told(unread)).toMatch(/NOT READ OR NOT JUDGED: \d$/);
});

test('of a report of policies, that nothing was found means accounts, and weak rules are counted', async () => {
  const request = { format: 'text', out: undefined, findings: [], directories: [], all: false } as const;
  const screen = { lang: 'en', say: (english: string) => english, columns: 80, color: false };
  const { policies } = fullReport;
  const clean = assembleReport({
    summary: summary({}),
    status: 'ok',
    findings: [],
    filter: everything,
    policies: policies!,
  });
  expect(await tellAccounts(clean, request, screen)).toMatch(
    /\nNo findings about accounts; Rules that are weak or not set: \d+$/,
  );
  for (const format of ['markdown', 'html'] as const) {
    expect(tell(clean, format)).toContain('No findings about accounts.');
    expect(tell(clean, format)).not.toContain('No findings.');
  }
  const strong = {
    ...clean,
    policies: { ...policies!, rules: policies!.rules.filter(({ verdict }) => verdict === 'enforced') },
  };
  expect((await tellAccounts(strong, request, screen)).match(/No findings/g)).toHaveLength(1);
});

test('on a screen, the first accounts that a rule does not hold for are named, and that there are more', () => {
  const rule = {
    ...fullReport.policies!.rules[0]!,
    exceptions: Array.from({ length: 25 }, (_, at) => `u${at}: no limit`),
  };
  const report = { ...fullReport, policies: { ...fullReport.policies!, rules: [rule] } };
  const few = tell(report, 'text').replaceAll(/\s+/g, ' ');
  expect(few).toContain('u19: no limit; 5 more: see all with');
  expect(few).not.toContain('u20:');
  expect(tell(report, 'text', 'en', true)).toContain('u24: no limit');
  expect(tell(report, 'csv')).toContain('u24: no limit');
});

describe('what was not read', () => {
  const report = assembleReport({ summary: silent, status: 'incomplete', findings: [], filter: everything });

  test.each(['text', 'markdown', 'html'] as const)('%s says so before anything else', (format) => {
    const text = tell(report, format);
    const at = text.search(/NOT READ OR NOT JUDGED/);
    expect(at).toBeGreaterThan(0);
    expect(text.indexOf('hr was not read')).toBeGreaterThan(at);
    expect(at).toBeLessThan(text.search(/Directories|DIRECTORY/));
    expect(text).not.toContain('No findings.');
    expect(text).not.toContain('Everything was read');
    expect(text).toContain('No findings in what was read');
  });

  test('CSV: its first lines', () => {
    expect(tell(report, 'csv').split('\r\n')[1]).toContain('NOT READ OR NOT JUDGED');
  });

  test('a directory that gave nothing has no zero anywhere', () => {
    const line = tell(report, 'markdown')
      .split('\n')
      .find((one) => one.startsWith('| oa '));
    expect(line).toBe('| oa | - | - | - | - | - | NOT READ |');
  });
});

test('text fits 80 columns, and shows the first findings of each type', () => {
  const many = Array.from({ length: 45 }, (_, n) =>
    finding('leaver', `login-${n}`, { evidence: '长长的依据 '.repeat(20) }),
  );
  const report = assembleReport({ summary: full, status: 'ok', findings: many, filter: everything });
  for (const lang of ['en', 'zh-CN']) {
    const text = tell(report, 'text', lang);
    expect(Math.max(...text.split('\n').map(displayWidth))).toBeLessThanOrEqual(80);
    expect(text).toContain('login-19');
    expect(text).not.toContain('login-20');
  }
  expect(tell(report, 'text')).toContain('25 more: see all with --verbose or --out FILE.csv');
  expect(tell(report, 'text', 'en', true)).toContain('login-44');
});

test('in Chinese no English is left in the rules for passwords', () => {
  const text = tell(fullReport, 'text', 'zh-CN');
  expect(text).toContain('要求：检查新密码');
  expect(text).toContain('1/2 个账号');
  expect(text).toContain('要求：特权账号绑定双因素');
  for (const format of ['text', 'csv', 'markdown', 'html'] as const)
    expect(tell(fullReport, format, 'zh-CN'), format).not.toMatch(/checked|of 2 accounts|privileged/);
});

test('a directory is told with what people call it', () => {
  expect(tell(fullReport, 'text')).toMatch(/^oa \(OA 系统 <old>\) +80 /m);
  expect(tell(fullReport, 'markdown')).toContain('| oa \\(OA 系统 &lt;old&gt;\\) | 80 |');
  expect(tell(fullReport, 'html')).toContain('<td>oa<small>OA 系统 &lt;old&gt;</small></td>');
  expect(JSON.parse(tell(fullReport, 'json')).directories).toMatchObject([{ title: null }, { title: 'OA 系统 <old>' }]);
});

describe('what cannot be judged', () => {
  const evidence = 'the directory tells no last use';
  const many = Array.from({ length: 40 }, (_, n) => finding('unknown', `user${n}`, { evidence }));
  const others = ['a', 'b'].map((login) => finding('unknown', login, { evidence: 'whose it is cannot be told' }));
  const report = assembleReport({ summary: full, status: 'ok', findings: [...many, ...others], filter: everything });

  test('for one reason is one line on a screen, with how many and who', () => {
    const text = tell(report, 'text');
    expect(text.match(new RegExp(evidence, 'g'))).toHaveLength(1);
    expect(text).toMatch(/^ {2}40 accounts +ldap +the directory tells no last use\n +such as user0, user1, user2$/m);
    expect(text).toMatch(/^ {2}a +ldap +whose it is cannot be told$/m);
    expect(text).not.toContain('more: see all');
    expect(tell(report, 'text', 'zh-CN')).toMatch(/40 个账号.*\n.*如 user0、user1、user2 等/);
  });

  test('is told one by one with --verbose, to files and to other programs', () => {
    expect(tell(report, 'text', 'en', true)).toContain('user39');
    for (const format of ['json', 'csv', 'markdown', 'html'] as const)
      expect(tell(report, format), format).toContain('user39');
  });
});

test('the last line says that there are more types than it names', async () => {
  const request = { format: 'text', out: undefined, findings: [], directories: [], all: false } as const;
  const types = ['leaver', 'orphan', 'shared', 'dormant', 'duplicate', 'unknown', 'unknown'] as const;
  const report = assembleReport({
    summary: full,
    status: 'ok',
    findings: types.map((type, index) => finding(type, `user${index}`)),
    filter: everything,
  });
  const last = async (lang: string) => {
    const told = await tellAccounts(report, request, { lang, say: (english) => english, columns: 200, color: false });
    return told.split('\n').at(-1);
  };
  expect(await last('en')).toMatch(/^Total: 7; account of a leaver 1; .*; 2 more types 3; NOT READ/);
  expect(await last('zh-CN')).toMatch(/^合计：7; 离职账号 1; .*; 另有 2 类 3; /);
});
