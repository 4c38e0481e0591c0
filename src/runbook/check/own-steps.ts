import type { KindDefinition } from '../types.ts';
import type { CheckContext, RawStep } from './context.ts';

/** What is wrong with a reference of an expression. */
export type Problem = {
  rule: 'expression-name' | 'input-undefined' | 'output-undefined' | 'step-unknown' | 'step-order' | 'step-result';
  message: string;
  next?: string;
};

/** Members that the engine gives to each step. */
export const stepFields = ['status', 'message', 'outputs', 'units'];

export function noField(field: string, next: string): Problem {
  return { rule: 'expression-name', message: `a step has ${stepFields.join(', ')}, no "${field}"`, next };
}

type OwnStep = NonNullable<KindDefinition['ownSteps']>[number];

/** A step that the kind makes, and that has ended before this written one. */
export function ownStep({ kind }: CheckContext, id: string, reader: RawStep | undefined): OwnStep | undefined {
  const list = String(reader?.path[1]);
  return kind?.ownSteps?.find((made) => made.id === id && made.readIn.includes(list));
}

export function ownStepProblem(
  context: CheckContext,
  { id, outputs }: OwnStep,
  field: string | undefined,
  output: string | undefined,
): Problem | undefined {
  if (field !== undefined && !stepFields.includes(field)) return noField(field, `Write steps.${id}.outputs.${field}.`);
  if (field !== 'outputs' || output === undefined || outputs.includes(output)) return undefined;
  const close = context.suggest(output, outputs);
  const next = close === undefined ? `It gives: ${outputs.join(', ')}.` : `Did you mean "${close}"?`;
  return { rule: 'output-undefined', message: `the step "${id}" has no output "${output}"`, next };
}
