import type { ActionSchema } from '../types.ts';
import type { Path } from '../yaml/document.ts';
import { type CheckContext, isMapping, type Mapping } from './context.ts';
import { checkSchema } from './zod-findings.ts';

/** `uses` and `with` of each step, of its `undo` and of its `verify`, against the action's own schema. */
export function checkCalls(context: CheckContext): void {
  for (const step of context.steps) {
    const action = checkCall(context, step.path, step.raw);
    if (action && !action.usesTargets && step.raw['targets'] !== undefined) {
      context.report(
        'targets-ignored',
        [...step.path, 'targets'],
        `"${action.name}" runs once, on the local machine; "targets" has no effect`,
        'Remove "targets".',
        'key',
      );
    }
    for (const part of ['undo', 'verify']) {
      const call = step.raw[part];
      if (isMapping(call)) checkCall(context, [...step.path, part], call);
    }
  }
}

function checkCall(context: CheckContext, path: Path, call: Mapping): ActionSchema | undefined {
  const uses = call['uses'];
  if (typeof uses !== 'string') return undefined;
  const action = context.catalogue.actions.find(({ name }) => name === uses);
  if (action === undefined) {
    const names = context.catalogue.actions.map(({ name }) => name);
    const close = context.suggest(uses, names);
    const next = close === undefined ? `Known actions: ${names.join(', ')}.` : `Did you mean "${close}"?`;
    context.report('action-unknown', [...path, 'uses'], `there is no action "${uses}"`, next);
    return undefined;
  }
  const given = call['with'];
  if (given !== undefined && !isMapping(given)) return action;
  // Without a `with` the finding about a missing argument belongs to `uses`.
  const base = given === undefined ? path : [...path, 'with'];
  const { findings } = checkSchema(context.document, {
    schema: action.withSchema,
    data: given ?? {},
    base: [...path, 'with'],
    templates: true,
  });
  const place =
    base === path
      ? context.document.finding('key-missing', context.document.rangeOf([...path, 'uses']), '')
      : undefined;
  for (const finding of findings) {
    if (place === undefined) context.findings.push(finding);
    else
      context.findings.push({
        ...finding,
        line: place.line,
        col: place.col,
        ...(place.endLine ? { endLine: place.endLine } : {}),
        ...(place.endCol ? { endCol: place.endCol } : {}),
      });
  }
  return action;
}

/** The fields of an action's result, or undefined when they are not fixed. */
export function resultFields(context: CheckContext, uses: unknown): string[] | undefined {
  const action = context.catalogue.actions.find(({ name }) => name === uses);
  const def = action?.resultSchema.def as unknown as
    | { type: string; shape?: Record<string, unknown>; catchall?: { def: { type: string } } }
    | undefined;
  if (def?.type !== 'object' || !def.shape) return undefined;
  // A loose object may carry more than it names.
  if (def.catchall !== undefined && def.catchall.def.type !== 'never') return undefined;
  return Object.keys(def.shape);
}
