import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CadenceName } from '../../src/calendar/cadence.ts';
import { areaTitles, procedures, siteProcedures } from '../../src/calendar/procedures/catalogue.ts';
import { procedureRulesSchema } from '../../src/calendar/procedures/schema.ts';
import { readHeader } from '../../src/runbook/header.ts';

const root = join(import.meta.dirname, '../..');

/** Rows of the tables below one heading: cells by ID. The tables of shipped runbooks have other columns. */
function handbook(): Map<string, { area: string; title: string; cadence: string | undefined; figures: string }> {
  const rows = new Map();
  let area = '';
  let columns: string[] = [];
  for (const line of readFileSync(join(root, 'docs/procedures.md'), 'utf8').split('\n')) {
    if (line.startsWith('## ')) area = line.slice(3);
    const cells = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim());
    if (cells[0] === 'ID') columns = cells;
    if (!/^[A-Z]{2}-\d\d$/.test(cells[0]!) || columns[1] !== 'procedure') continue;
    const cell = (name: string) => (columns.includes(name) ? cells[columns.indexOf(name)] : undefined);
    rows.set(cells[0]!, { area, title: cells[1], cadence: cell('cadence'), figures: cell('figures') });
  }
  return rows;
}

/** What the words of the handbook mean for the machine. */
const meanings: Record<string, CadenceName | readonly CadenceName[]> = {
  hourly: 'hourly',
  'every shift': 'every-shift',
  daily: 'daily',
  'daily, early morning': 'daily',
  'every working day, before work starts': 'working-days',
  weekly: 'weekly',
  'weekly, at the agreed time': 'weekly',
  Friday: 'weekly',
  'Friday afternoon': 'weekly',
  monthly: 'monthly',
  'monthly, to management': 'monthly',
  'regularly (monthly)': 'monthly',
  'monthly / quarterly / half-yearly': 'monthly',
  'last working day of the month': 'month-end',
  quarterly: 'quarterly',
  'quarterly; newcomers within a week': 'quarterly',
  'end of each quarter, for the next': 'quarter-end',
  'half-yearly': 'half-yearly',
  'half-yearly (one handbook: quarterly)': 'half-yearly',
  regularly: ['weekly', 'monthly'],
  always: 'always',
  continuous: 'always',
  'kept current': 'always',
  'after each backup': 'event',
  'every run': 'event',
  'on demand': 'event',
  'each upgrade': 'event',
  'before each upgrade': 'event',
  '72 hours after': 'event',
  'at transfer or departure': 'event',
  'at once': 'event',
  'as it happens': 'event',
};

describe('the catalogue', () => {
  const rows = handbook();

  test('is the table of docs/procedures.md: the same rows in the same order', () => {
    expect(rows.size).toBe(60);
    expect(procedures.map(({ id }) => id)).toEqual([...rows.keys()]);
  });

  test.each(procedures.map((procedure) => [procedure.id, procedure] as const))(
    '%s says what the handbook says',
    (id, procedure) => {
      const row = rows.get(id)!;
      expect(`${procedure.title.en} ${procedure.title['zh-CN']}`).toBe(row.title);
      expect(areaTitles[id.slice(0, 2) as keyof typeof areaTitles].en).toBe(row.area);
      // Chinese words and marks are left to the page.
      const plain = row.figures.replaceAll(/\s*[\u4e00-\u9fff]+(\/[\u4e00-\u9fff]+)*/g, '').replaceAll(/\*\*|`/g, '');
      expect(procedure.figures.en).toBe(plain);
      expect(procedure.figures['zh-CN']).toMatch(/[\u4e00-\u9fff]/);
      if (row.cadence === undefined) return;
      expect(procedure.stated.en).toBe(row.cadence);
      expect([meanings[row.cadence]].flat()).toContain(procedure.cadence.every);
    },
  );

  test('a Friday is a Friday', () => {
    for (const { stated, cadence } of procedures) expect(/^Friday/.test(stated.en)).toBe(cadence.weekday === 'fri');
  });

  test('every shipped runbook counts for procedures that there are', () => {
    const folder = join(root, 'runbooks');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
    const named = files.flatMap((file) => readHeader(readFileSync(join(folder, file), 'utf8')).procedures ?? []);
    expect(named.length).toBeGreaterThan(10);
    const known: string[] = procedures.map(({ id }) => id);
    expect(named.filter((id) => !known.includes(id))).toEqual([]);
  });
});

describe('what a site changes', () => {
  const site = (rules: unknown, id: string) =>
    siteProcedures(procedureRulesSchema.parse(rules)).find((procedure) => procedure.id === id)!;
  const wrong = (rules: unknown) => procedureRulesSchema.safeParse(rules).error?.issues.map(({ message }) => message);

  test('a cadence, and options of the one that stays', () => {
    expect(site({ 'IN-07': { cadence: 'quarterly' } }, 'IN-07')).toMatchObject({
      cadence: { every: 'quarterly' },
      changed: true,
    });
    expect(site({ 'IN-01': { by: '08:15' } }, 'IN-01').cadence).toEqual({ every: 'working-days', by: '08:15' });
    expect(site({ 'IN-02': { weekday: 'thu' } }, 'IN-02').cadence).toEqual({
      every: 'weekly',
      weekday: 'thu',
      ifHoliday: 'previous',
    });
    // Nothing of "on Friday" is left of it.
    expect(site({ 'IN-02': { cadence: 'monthly' } }, 'IN-02').cadence).toEqual({ every: 'monthly' });
    expect(site({}, 'IN-02')).toMatchObject({ changed: false, notApplicable: null });
  });

  test('that it does not apply, with a reason', () => {
    expect(site({ 'BK-07': { applies: false, reason: '没有备用系统' } }, 'BK-07')).toMatchObject({
      notApplicable: '没有备用系统',
    });
    expect(wrong({ 'BK-07': { applies: false } })).toEqual([expect.stringContaining('has no reason')]);
    expect(wrong({ 'BK-07': { reason: 'none' } })).toEqual([
      expect.stringContaining('a reason for a procedure that applies'),
    ]);
  });

  test('nothing that means nothing', () => {
    expect(wrong({ 'IN-08': { weekday: 'fri' } })).toEqual(['"weekday" means nothing with the cadence "monthly"']);
    expect(wrong({ 'IN-04': { shifts: ['08:00', '08:00'] } })).toEqual([expect.stringContaining('same time')]);
    expect(wrong({ 'IN-77': { cadence: 'monthly' } })).toHaveLength(1);
    expect(wrong({ 'IN-07': { cadence: 'fortnight' } })).toHaveLength(1);
  });
});
