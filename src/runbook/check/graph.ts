import { stepIdSchema } from '../schema/common.ts';
import type { CheckContext, RawStep } from './context.ts';

/** Which steps have certainly ended before a step starts, by id; made of `needs` and the order of writing. */
export interface StepOrder {
  byId: ReadonlyMap<string, RawStep>;
  /** Ids of the steps that only start by `onFailure: step:<id>`. */
  handlers: ReadonlySet<string>;
  /** Ids of all steps that have ended when the step starts. */
  before(id: string): ReadonlySet<string>;
}

/** Rules of ids and references: `step-id-duplicate`, `step-unknown`, `step-order`, `step-handler`, `step-cycle`. */
export function checkGraph(context: CheckContext): StepOrder {
  const { steps } = context;
  const byId = new Map<string, RawStep>();
  for (const step of steps) {
    if (step.id === undefined) continue;
    const first = byId.get(step.id);
    if (first === undefined) byId.set(step.id, step);
    else
      context.report(
        'step-id-duplicate',
        [...step.path, 'id'],
        `the step id "${step.id}" is that of line ${lineOf(context, first)} too`,
        'Give each step an id of its own.',
      );
  }
  const handlers = checkHandlers(context, byId);
  const needs = new Map<string, string[]>();
  let previous: string | undefined;
  for (const step of steps) {
    if (step.id === undefined || byId.get(step.id) !== step) continue;
    const written = checkNeeds(context, step, byId, handlers);
    // A handler starts after the step that failed; it is no link of the chain.
    const implied = previous === undefined || handlers.has(step.id) ? [] : [previous];
    needs.set(step.id, written ?? implied);
    if (!handlers.has(step.id)) previous = step.id;
  }
  checkCycles(context, byId, needs);
  const triggers = triggersOf(steps, handlers);
  const known = new Map<string, ReadonlySet<string>>();
  const before = (id: string): ReadonlySet<string> => {
    const found = known.get(id) ?? ancestors(id, needs, triggers);
    known.set(id, found);
    return found;
  };
  return { byId, handlers, before };
}

function checkHandlers(context: CheckContext, byId: ReadonlyMap<string, RawStep>): Set<string> {
  const handlers = new Set<string>();
  const place = new Map(context.steps.map((step, index) => [step, index]));
  for (const [index, step] of context.steps.entries()) {
    const target = handlerOf(step);
    if (target === undefined) continue;
    const path = [...step.path, 'onFailure'];
    const found = byId.get(target);
    if (found === undefined) {
      unknownStep(context, path, target, byId);
    } else if (place.get(found)! <= index) {
      const self = found === step;
      context.report(
        'step-order',
        path,
        self
          ? 'a step cannot be its own handler'
          : `"onFailure" goes back to "${target}", which stands before this step`,
        'Name a later step; to try again use "retry".',
      );
    } else handlers.add(target);
  }
  return handlers;
}

function handlerOf(step: RawStep): string | undefined {
  const value = step.raw['onFailure'];
  return typeof value === 'string' && value.startsWith('step:') ? value.slice('step:'.length) : undefined;
}

/** The ids in `needs` that exist, or undefined when the key is absent. */
function checkNeeds(
  context: CheckContext,
  step: RawStep,
  byId: ReadonlyMap<string, RawStep>,
  handlers: ReadonlySet<string>,
): string[] | undefined {
  const value = step.raw['needs'];
  if (value === undefined) return undefined;
  const named = Array.isArray(value) ? value : [value];
  const known: string[] = [];
  for (const [index, id] of named.entries()) {
    if (typeof id !== 'string') continue;
    const path = [...step.path, 'needs', ...(Array.isArray(value) ? [index] : [])];
    if (!byId.has(id)) unknownStep(context, path, id, byId);
    else if (handlers.has(id) && !handlers.has(step.id!)) {
      context.report(
        'step-handler',
        path,
        `"${id}" only starts when another step fails, so "${step.id}" would never start`,
        'Need the step before it instead.',
      );
    } else known.push(id);
  }
  return known;
}

function unknownStep(
  context: CheckContext,
  path: (string | number)[],
  id: string,
  byId: ReadonlyMap<string, RawStep>,
): void {
  const problem = noStep(context, id, byId);
  if (problem) context.report(problem.rule, path, problem.message, problem.next);
}

/**
 * A step that is not there. Nothing is told where a step without a readable id may be the one that is meant, unless
 * there is one with nearly this id.
 */
export function noStep(
  context: CheckContext,
  id: string,
  byId: ReadonlyMap<string, RawStep>,
): { rule: 'step-unknown'; message: string; next: string } | undefined {
  const close = context.suggest(id, byId.keys());
  if (close === undefined && !context.stepsWhole) return undefined;
  // What cannot be an id at all is a finding of the schema.
  if (!stepIdSchema.safeParse(id).success) return undefined;
  const next = close === undefined ? `Steps here: ${shortList([...byId.keys()])}.` : `Did you mean "${close}"?`;
  return { rule: 'step-unknown', message: `there is no step "${id}"`, next };
}

/** The first of many words: a list that nobody reads to its end tells nothing. */
export function shortList(words: readonly string[]): string {
  return words.length > 20 ? `${words.slice(0, 20).join(', ')}, ...` : words.join(', ');
}

/** Reports each circle once, at the `needs` of its first step in the file. */
function checkCycles(
  context: CheckContext,
  byId: ReadonlyMap<string, RawStep>,
  needs: ReadonlyMap<string, string[]>,
): void {
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const visit = (id: string): void => {
    if (state.get(id) === 'done') return;
    if (state.get(id) === 'open') {
      const circle = trail.slice(trail.indexOf(id));
      const written = circle.filter((member) => byId.get(member)!.raw['needs'] !== undefined);
      const first = [...byId.keys()].find((member) => written.includes(member)) ?? id;
      const start = circle.indexOf(first);
      const order = [...circle.slice(start), ...circle.slice(0, start), first];
      const implied = order.slice(0, -1).some((member) => byId.get(member)!.raw['needs'] === undefined);
      const why = implied ? '; a step without "needs" needs the one written before it' : '';
      context.report(
        'step-cycle',
        [...byId.get(first)!.path, 'needs'],
        `steps need each other in a circle: ${shortChain(order)}${why}`,
        'Remove one of these "needs".',
      );
      return;
    }
    state.set(id, 'open');
    trail.push(id);
    for (const need of needs.get(id) ?? []) visit(need);
    trail.pop();
    state.set(id, 'done');
  };
  for (const id of byId.keys()) visit(id);
}

/** `a -> b -> ... -> a`: what a long circle goes through in the middle tells nothing. */
function shortChain(ids: readonly string[]): string {
  return (ids.length > 20 ? [...ids.slice(0, 10), '...', ...ids.slice(-3)] : ids).join(' -> ');
}

/** Handler id -> ids of the steps whose failure starts it. */
function triggersOf(steps: readonly RawStep[], handlers: ReadonlySet<string>): Map<string, string[]> {
  const triggers = new Map<string, string[]>();
  for (const step of steps) {
    const target = handlerOf(step);
    if (target !== undefined && step.id !== undefined && handlers.has(target))
      triggers.set(target, [...(triggers.get(target) ?? []), step.id]);
  }
  return triggers;
}

function ancestors(
  id: string,
  needs: ReadonlyMap<string, string[]>,
  triggers: ReadonlyMap<string, string[]>,
): Set<string> {
  const found = new Set<string>();
  const queue = [...(needs.get(id) ?? []), ...(triggers.get(id) ?? [])];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next === id || found.has(next)) continue;
    found.add(next);
    queue.push(...(needs.get(next) ?? []), ...(triggers.get(next) ?? []));
  }
  return found;
}

function lineOf({ document }: CheckContext, step: RawStep): number {
  return document.finding('step-id-duplicate', document.rangeOf([...step.path, 'id']), '').line;
}
