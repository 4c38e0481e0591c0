import { describe, expect, test } from 'vitest';
import { siteProcedures } from '../../src/calendar/procedures/catalogue.ts';
import type { ProcedureRules } from '../../src/calendar/procedures/schema.ts';
import { workingCalendar } from '../../src/calendar/working-days.ts';
import type { RunStatus } from '../../src/core/events.ts';
import { localClock } from '../../src/core/zoned-time.ts';
import type { CountedRun } from '../../src/record/types.ts';
import { type Compliance, makeCompliance, periodsWithin, runsNeeded } from '../../src/report/compliance.ts';
import { complianceCsv } from '../../src/report/compliance-csv.ts';
import { complianceHtml } from '../../src/report/compliance-html.ts';
import { complianceMarkdown } from '../../src/report/compliance-markdown.ts';
import { complianceWords } from '../../src/report/compliance-words.ts';
import { periodStates } from '../../src/report/evaluate.ts';
import { exceptionsOf } from '../../src/report/exceptions.ts';
import { dateRange } from '../../src/report/period-range.ts';

const timeZone = 'Asia/Shanghai';
const ms = (local: string) => Date.parse(`${local}:00+08:00`);

function run(at: string, procedures: string[], status: RunStatus = 'ok', more: Partial<CountedRun> = {}): CountedRun {
  const begunMs = ms(at);
  const iso = (time: number) => new Date(time).toISOString();
  const ended = iso(begunMs + 300_000);
  const common = { id: `R-${at}`, runbook: 'inspect-daily', requester: '王芳', procedures, status };
  return { ...common, createdAt: iso(begunMs), endedAt: ended, ...more };
}

function report(
  wanted: Parameters<typeof dateRange>[0],
  runs: CountedRun[],
  { now = '2024-12-02T12:00', since = '2024-11-01T00:00', rules = {} as ProcedureRules, only = ['IN-01'] } = {},
): Compliance {
  const range = dateRange(wanted, localClock(timeZone).at(ms(now)).date);
  const calendar = workingCalendar('china');
  const procedures = siteProcedures(rules).filter(({ id }) => only.length === 0 || only.includes(id));
  const periods = periodsWithin(procedures, range, { calendar, timeZone });
  const needed = runsNeeded(periods, range, timeZone);
  const begun = runs.filter(
    ({ createdAt }) => Date.parse(createdAt) >= needed.sinceMs && Date.parse(createdAt) < needed.untilMs,
  );
  const facts = {
    procedures,
    calendar,
    timeZone,
    range,
    nowMs: ms(now),
    sinceMs: ms(since),
    runs: begun,
    found: new Set<string>(),
  };
  return makeCompliance(facts, periods);
}

describe('days of a report', () => {
  test.each([
    ['2026', '2026-01-01', '2026-12-31'],
    ['2026-H1', '2026-01-01', '2026-06-30'],
    ['2026-H2', '2026-07-01', '2026-12-31'],
    ['2026-Q4', '2026-10-01', '2026-12-31'],
    ['2028-02', '2028-02-01', '2028-02-29'],
    ['2026-W01', '2025-12-29', '2026-01-04'],
    ['2026-W53', '2026-12-28', '2027-01-03'],
  ])('%s', (period, from, to) => {
    expect(dateRange({ period }, '2026-11-30')).toEqual({ from, to });
  });

  test('without any the month that we have; from and to', () => {
    expect(dateRange({}, '2026-11-30')).toEqual({ from: '2026-11-01', to: '2026-11-30' });
    expect(dateRange({ from: '2026-11-05' }, '2026-11-30')).toEqual({ from: '2026-11-05', to: '2026-11-30' });
    expect(dateRange({ to: '2026-11-05' }, '2026-11-30')).toEqual({ from: '2026-01-01', to: '2026-11-05' });
  });

  test.each([
    [{ period: '9999' }, 'date-invalid'],
    [{ period: '0000-W01' }, 'date-invalid'],
    [{ from: '9998-01-01', to: '9999-12-31' }, 'date-invalid'],
    [{ period: '2026-Q5' }, 'period-invalid'],
    [{ period: '2026-13' }, 'period-invalid'],
    [{ period: '2026-00' }, 'period-invalid'],
    [{ period: '2027-W53' }, 'period-invalid'],
    [{ period: '2026-W00' }, 'period-invalid'],
    [{ period: 'last week' }, 'period-invalid'],
    [{ period: '2026', from: '2026-01-01' }, 'period-twice'],
    [{ from: '2026-02-30' }, 'date-invalid'],
    [{ from: '2026-12-02', to: '2026-12-01' }, 'range-invalid'],
    [{ from: '1990-01-01', to: '2026-12-01' }, 'range-too-long'],
  ])('%j is refused', (wanted, code) => {
    expect(() => dateRange(wanted, '2026-11-30')).toThrow(expect.objectContaining({ code, exitCode: 2 }));
  });
});

test('a month of inspections: every working day has its cell, and the sums are those of the cells', () => {
  // 2024-11 has 21 working days; those up to the 11th are done, one of them late, the 8th failed.
  const done = ['01', '04', '05', '06', '07', '11'].map((day) =>
    run(`2024-11-${day}T${day === '06' ? '09' : '08'}:00`, ['IN-01']),
  );
  const found = report(
    { period: '2024-11' },
    [...done.slice(0, 5), run('2024-11-08T08:00', ['IN-01'], 'failed'), done[5]!],
    { now: '2024-11-12T09:00' },
  );
  const [row] = found.rows;
  expect(row!.counts).toEqual({ 'on-time': 5, late: 1, failed: 1, overdue: 1, 'not-yet-due': 13 });
  expect([row!.due, row!.done, row!.runs]).toEqual([8, 6, { done: 6, other: 1 }]);
  expect(found.columns).toHaveLength(30);
  expect(row!.cells[1]).toEqual({ counts: {}, runs: 0 });
  expect(row!.cells[7]!.counts).toEqual({ failed: 1 });
  for (const state of periodStates)
    expect(row!.cells.reduce((sum, { counts }) => sum + (counts[state] ?? 0), 0)).toBe(row!.counts[state] ?? 0);
  expect(row!.last).toMatchObject({ run: 'R-2024-11-11T08:00', by: '王芳' });
});

test('a quarter has weeks for columns, a year months; windows reach over the edges', () => {
  const quarter = report({ period: '2024-Q4' }, [], { only: ['UP-02'] });
  expect(quarter.columns[0]).toEqual({ key: '2024-10-01', from: '2024-10-01', to: '2024-10-06' });
  expect(quarter.columns.at(-1)).toEqual({ key: '2024-12-30', from: '2024-12-30', to: '2024-12-31' });
  expect(
    report({ period: '2024' }, [])
      .columns.map(({ key }) => key)
      .slice(10),
  ).toEqual(['2024-11', '2024-12']);
  // Made on 10 January for the quarter that is over: late, and found though it lies behind the last day.
  const late = report({ period: '2024-Q4' }, [run('2025-01-10T10:00', ['UP-02'])], {
    only: ['UP-02'],
    now: '2025-02-01T00:00',
  });
  expect(late.rows[0]).toMatchObject({ counts: { late: 1 }, runs: { done: 0, other: 0 } });
});

test('what does not apply, what the record keeps by itself, and what has no dates', () => {
  const rules = { 'BK-07': { applies: false, reason: 'no standby' }, 'IN-07': { cadence: 'quarterly' as const } };
  const runs = [run('2024-11-05T08:00', ['UP-06'], 'rolled-back'), run('2024-11-06T08:00', ['UP-06', 'BK-07'])];
  const { rows } = report({ period: '2024-11' }, runs, { rules, only: ['BK-07', 'RP-01', 'UP-06', 'IN-07'] });
  const words = complianceWords('en');
  expect(rows.map((row) => [row.id, words.doneOf(row), words.cadenceOf(row)])).toEqual([
    ['BK-07', 'does not apply', 'monthly'],
    ['UP-06', '1×', 'each upgrade'],
    ['IN-07', '–', 'quarterly (changed by the site)'],
    ['RP-01', 'by itself', 'daily'],
  ]);
  expect(rows[1]).toMatchObject({
    runs: { done: 1, other: 1 },
    evidence: [{ status: 'rolled-back' }, { status: 'ok' }],
  });
  expect(rows[0]).toMatchObject({ periods: [], runs: { done: 0 } });
});

test('the same in a row is one exception, and none goes lost', () => {
  const runs = [run('2024-11-13T08:00', ['IN-01'], 'failed'), run('2024-11-15T08:00', ['IN-01'])];
  const [row] = report({ period: '2024-11' }, runs).rows;
  const told = exceptionsOf(row!);
  expect(told.map(({ key, state, count }) => `${key} ${state} ${count}`)).toEqual([
    '2024-11-01 … 2024-11-12 missed 8',
    '2024-11-13 failed 1',
    '2024-11-14 missed 1',
    '2024-11-18 … 2024-11-29 missed 10',
  ]);
  expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(row!.due - row!.done);
});

describe('names that want to be more than names', () => {
  const evil = `=cmd|'/c calc'!A1 "><script>alert(1)</script> |\n# [x](javascript:alert(1)) \u202e`;
  const hostile = report(
    { period: '2024-11' },
    [
      run('2024-11-05T09:00', ['IN-01'], 'ok', { requester: evil, runbook: evil, id: evil }),
      run('2024-11-06T08:00', ['IN-01'], 'failed', { requester: evil, runbook: evil, id: evil }),
    ],
    { rules: { 'BK-07': { applies: false, reason: evil } }, only: ['IN-01', 'BK-07'] },
  );

  test.each(['en', 'zh-CN'])('stay names in HTML (%s): no script, nothing fetched', (lang) => {
    const html = complianceHtml(hostile, lang, { seq: 7, hash: 'a'.repeat(64) });
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    const own =
      'html|head|meta|title|style|body|main|header|h1|h2|p|b|div|strong|span|table|thead|tbody|tr|th|td|small|section|footer|code|ul|li|br';
    expect(html.match(new RegExp(`<(?!/?(${own})[ >]|!doctype)`, 'g'))).toBeNull();
    expect(html).not.toMatch(/\u202e|\son\w+=/);
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toMatch(/(src|href|url)\s*[=(]/i);
    expect(html.match(/<tr[ >]/g)!.length).toBe(html.match(/<\/tr>/g)!.length);
  });

  test('stay names in Markdown: one line a row, no markup', () => {
    const markdown = complianceMarkdown(hostile, 'en');
    const row = markdown.split('\n').find((line) => line.includes('2024-11-05 |'))!;
    expect(row.split(' | ')).toHaveLength(6);
    expect(markdown).not.toMatch(/<script|\]\(javascript/);
  });

  test('are no formulas in a spreadsheet', () => {
    const lines = complianceCsv(hostile, 'en');
    expect(lines).toContain(`"'=cmd|'/c calc'!A1 ""><script>`);
    expect(lines).not.toMatch(/(^|,)"?[=+@]/m);
    expect(complianceCsv(hostile, 'zh-CN').split('\r\n')[0]).toBe(
      '编号,规程,周期,期间,期限,状态,结束,执行人,运行,运行手册,未成功的尝试,原因',
    );
  });
});

test('a page of Chinese is Chinese, and says every state', () => {
  const html = complianceHtml(report({ period: '2024-11' }, []), 'zh-CN', { seq: 1, hash: 'b' });
  expect(html).toContain('<html lang="zh-CN">');
  expect(html).toContain('每日巡检');
  for (const state of periodStates) expect(html).toContain(complianceWords('zh-CN').stateOf(state));
});
