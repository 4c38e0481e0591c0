import { z } from 'zod';
import { databaseKeys, numberOf, rowsOf } from '../databases/ask.ts';
import { limitKeys, limitsObject, measured, worst } from '../judging/limits.ts';
import type { Judged, NearCheckType } from '../types.ts';

const withSchema = z
  .strictObject({
    ...databaseKeys,
    query: z.string().min(1).describe('One statement that reads; the database holds it to that.'),
    parameters: z.array(z.union([z.string(), z.number()])).default([]),
    column: z.string().min(1).optional().describe('Whose values are looked at, in every row; absent = the first one.'),
    label: z
      .string()
      .min(1)
      .optional()
      .describe('Column that names the figure of a row; absent = the number of the row.'),
    unit: z.enum(['', '%', 's', 'B', 'c']).default('').describe('Of the figures.'),
    equals: z.union([z.string(), z.number(), z.boolean()]).optional().describe('What the column must be in every row.'),
    rows: limitsObject()
      .optional()
      .describe('Limits of the number of rows: {fail: 0} for none, {fail: "1:"} for one or more.'),
    ...limitKeys(),
  })
  .refine(({ rows, equals, warn, fail }) => [rows, equals, warn, fail].some((one) => one !== undefined), {
    error: 'nothing says what is all right: write warn, fail, equals or rows',
  });
type With = z.infer<typeof withSchema>;

/** A figure, a value or the number of rows that a query gives. */
export const sql: NearCheckType<With> = {
  name: 'sql',
  place: 'here',
  title: { en: 'Query of a database', 'zh-CN': '数据库查询' },
  withSchema,
  async measure(args, doors, _about, signal) {
    const found = await rowsOf(args, args.query, doors, signal, args.parameters);
    const count = args.rows && measured({ name: 'rows', value: found.length, unit: '' }, args.rows);
    const values = args.equals !== undefined || args.warn !== undefined || args.fail !== undefined;
    const told = values ? judgeValues(args, found) : undefined;
    if (!told)
      return { state: count!.state, message: `the query gives ${found.length} rows`, measures: [count!.measure] };
    return {
      ...told,
      state: worst([told.state, count?.state ?? 'pass']),
      measures: [...(told.measures ?? []), ...(count ? [count.measure] : [])],
    };
  },
};

function judgeValues(
  { column, label, unit, equals, warn, fail }: With,
  rows: Record<string, unknown>[],
): Omit<Judged, 'state'> & { state: 'pass' | 'warn' | 'fail' | 'error' } {
  const [first] = rows;
  if (!first) return { state: 'error', message: 'the query gives no row, so there is no value to look at' };
  const name = column ?? Object.keys(first)[0]!;
  const missing = [name, ...(label === undefined ? [] : [label])].find((key) => !Object.hasOwn(first, key));
  if (missing !== undefined) return { state: 'error', message: `the query gives no column ${missing}` };
  const each = rows.map((row, index) => {
    const value = row[name];
    const of = label === undefined ? (rows.length === 1 ? name : `${name} ${index + 1}`) : String(row[label]);
    if (equals !== undefined && String(value) !== String(equals))
      return { state: 'fail' as const, text: `${of} is ${value}, and should be ${equals}` };
    if (warn === undefined && fail === undefined) return { state: 'pass' as const, text: `${of} is ${value}` };
    const number = numberOf(value);
    if (number === undefined) return { state: 'error' as const, text: `${of} is no number: ${value}` };
    const { measure, state } = measured({ name: of, value: number, unit }, { warn, fail });
    return { state, measure, text: `${of} is ${number}` };
  });
  const bad = each.filter(({ state }) => state !== 'pass');
  const shown = bad.length > 0 ? bad : each;
  return {
    state: worst(each.map(({ state }) => state)),
    message: shown
      .slice(0, 5)
      .map(({ text }) => text)
      .join('; '),
    measures: each.flatMap(({ measure }) => (measure ? [measure] : [])).slice(0, 100),
    ...(shown.length > 5 ? { details: shown.map(({ text }) => text) } : {}),
  };
}
