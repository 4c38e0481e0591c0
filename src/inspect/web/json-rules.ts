import { z } from 'zod';
import { canonicalJson } from '../../core/json.ts';
import { limitKeys, measured, worst } from '../judging/limits.ts';
import type { Measure } from '../types.ts';

const pathPattern = /(?:^|\.)([^.[\]]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** What a value in a JSON document must be. */
export const jsonRuleSchema = z.strictObject({
  path: z
    .string()
    .refine((path) => stepsOf(path) !== undefined, { error: 'not a path; write it as data.items[0].name' })
    .describe('Such as data.items[0].name, or ["key.with.points"].'),
  equals: z.json().optional().describe('What must stand there; absent: anything but null.'),
  ...limitKeys(),
});
export type JsonRule = z.infer<typeof jsonRuleSchema>;

/** undefined: it is no path. */
function stepsOf(path: string): (string | number)[] | undefined {
  const steps: (string | number)[] = [];
  for (let at = 0; at < path.length; ) {
    pathPattern.lastIndex = at;
    const match = pathPattern.exec(path);
    if (!match) return undefined;
    const [whole, key, index, quoted] = match;
    steps.push(key ?? (index === undefined ? (JSON.parse(`"${quoted}"`) as string) : Number(index)));
    at += whole.length;
  }
  return steps.length === 0 ? undefined : steps;
}

function valueAt(document: unknown, path: string): unknown {
  return stepsOf(path)!.reduce<unknown>(
    (value, step) =>
      value !== null && typeof value === 'object' && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    document,
  );
}

/** `faults` are failures by themselves; `state` is what the limits say. */
export function judgeJson(
  rules: readonly JsonRule[],
  text: string,
): { faults: string[]; told: string[]; measures: Measure[]; state: 'pass' | 'warn' | 'fail' | 'error' } {
  const found = { faults: [] as string[], told: [] as string[], measures: [] as Measure[], state: 'pass' as const };
  if (rules.length === 0) return found;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { ...found, faults: ['the body is not JSON'] };
  }
  const states: ('pass' | 'warn' | 'fail' | 'error')[] = [];
  for (const { path, equals, warn, fail } of rules) {
    const value = valueAt(document, path);
    const shown = canonicalJson(value ?? null).slice(0, 100);
    if (value === undefined || (value === null && equals !== null)) found.faults.push(`there is no ${path}`);
    else if (equals !== undefined && canonicalJson(value) !== canonicalJson(equals))
      found.faults.push(`${path} is ${shown}, and should be ${canonicalJson(equals)}`);
    else if (warn !== undefined || fail !== undefined) {
      const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
      if (value === '' || !Number.isFinite(number)) {
        found.told.push(`${path} is no number: ${shown}`);
        states.push('error');
        continue;
      }
      const { measure, state } = measured({ name: path, value: number, unit: '' }, { warn, fail });
      found.measures.push(measure);
      found.told.push(`${path} is ${number}`);
      states.push(state);
    }
  }
  return { ...found, state: worst(states) };
}
