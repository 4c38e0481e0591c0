import { z } from 'zod';
import type { CheckState, Measure } from '../types.ts';
import { alerts, parseRange, plainNumber } from './range.ts';

/** A number, above which it alerts, or a range of monitoring plugins. */
export const limitSchema = z
  .union([
    z.number(),
    z.string().refine((text) => parseRange(text) !== undefined, {
      error: 'not a threshold; write a number, or a range in quotes such as "10:20", "5:" or "@1:2"',
    }),
  ])
  .meta({
    id: 'limit',
    description:
      'A number, above which it alerts, or a range in quotes as monitoring plugins have it: "10:20" alerts outside, "5:" below, "@1:2" inside, "~:" never.',
  });
export type Limit = z.infer<typeof limitSchema>;

/** The thresholds of a check: the second stands over the first. */
export interface Limits {
  warn?: Limit | undefined;
  fail?: Limit | undefined;
}

/** The keys `warn` and `fail` of a check with one figure; what is not written is taken from `preset`; `~:` never alerts. */
export function limitKeys(preset: { warn?: Limit; fail?: Limit } = {}): {
  warn: z.ZodType<Limit | undefined, Limit | undefined>;
  fail: z.ZodType<Limit | undefined, Limit | undefined>;
} {
  const key = (word: 'warn' | 'fail', value: Limit | undefined) =>
    (value === undefined ? limitSchema.optional() : limitSchema.default(value)).describe(
      word === 'warn' ? 'From here on it is a warning.' : 'From here on it is a failure.',
    );
  return { warn: key('warn', preset.warn), fail: key('fail', preset.fail) } as never;
}

/** `{warn, fail}` of one figure, for checks that have several; what is not written is taken from `preset`. */
export function limitsObject(preset: { warn?: Limit; fail?: Limit } = {}) {
  return z.strictObject(limitKeys(preset));
}

/** As `limitsObject`, for a figure that is always judged: absent = `preset`. */
export function limitsSchema(preset: { warn?: Limit; fail?: Limit } = {}) {
  return limitsObject(preset).prefault({} as never);
}

/** `-` and `+` are not said twice: a negative number alone would alert above it and below 0. */
export function limitText(limit: Limit | undefined): string | undefined {
  if (limit === undefined) return undefined;
  if (typeof limit === 'string') return limit.trim();
  return limit < 0 ? `~:${plainNumber(limit)}` : plainNumber(limit);
}

/** What the thresholds say to a value. A value that is no number is no pass: the caller tells of it before. */
export function stateOf(value: number, { warn, fail }: Limits): 'pass' | 'warn' | 'fail' {
  const beyond = (limit: Limit | undefined) => {
    if (limit === undefined) return false;
    if (typeof limit === 'number') return value > limit;
    return alerts(parseRange(limit)!, value);
  };
  return beyond(fail) ? 'fail' : beyond(warn) ? 'warn' : 'pass';
}

/** A measure with its thresholds, and what they say. */
export function measured(
  measure: Pick<Measure, 'name' | 'value' | 'unit'> & Partial<Measure>,
  limits: Limits,
): { measure: Measure; state: 'pass' | 'warn' | 'fail' } {
  const warn = limitText(limits.warn);
  const fail = limitText(limits.fail);
  return {
    measure: { ...measure, ...(warn === undefined ? {} : { warn }), ...(fail === undefined ? {} : { fail }) },
    state: stateOf(measure.value, limits),
  };
}

const order: readonly CheckState[] = ['pass', 'warn', 'fail', 'error'];

/** The worst of what several parts of one check say; `error` stands over all: what is not known may be worse. */
export function worst(states: readonly ('pass' | 'warn' | 'fail' | 'error')[]): 'pass' | 'warn' | 'fail' | 'error' {
  return states.reduce<'pass' | 'warn' | 'fail' | 'error'>(
    (a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a),
    'pass',
  );
}
