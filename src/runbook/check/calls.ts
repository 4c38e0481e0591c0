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

/** `check` and `with` of each check, against the schema of its type. */
export function checkChecks(context: CheckContext): void {
  for (const list of context.kind?.checkPaths ?? [])
    for (const { path, value } of placesAt(context.document.data, list)) {
      if (!Array.isArray(value)) continue;
      for (const [index, check] of value.entries()) {
        if (!isMapping(check) || typeof check['check'] !== 'string') continue;
        const name = check['check'];
        const place = [...path, index];
        const type = context.catalogue.checks.find((known) => known.name === name);
        if (type) checkArguments(context, place, check, { schema: type.withSchema, key: 'check' });
        else {
          const names = context.catalogue.checks.map((known) => known.name);
          const close = context.suggest(name, names);
          const next = close === undefined ? `Known types: ${names.join(', ')}.` : `Did you mean "${close}"?`;
          context.report('check-unknown', [...place, 'check'], `there is no type of check "${name}"`, next);
        }
      }
    }
}

/** The values at a path, `*` standing for every item of a list. */
function placesAt(data: unknown, list: readonly string[]): { path: Path; value: unknown }[] {
  let places: { path: Path; value: unknown }[] = [{ path: [], value: data }];
  for (const key of list)
    places = places.flatMap(({ path, value }) => {
      if (key !== '*') return isMapping(value) ? [{ path: [...path, key], value: value[key] }] : [];
      return Array.isArray(value) ? value.map((item, index) => ({ path: [...path, index], value: item })) : [];
    });
  return places;
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
  checkArguments(context, path, call, { schema: action.withSchema, key: 'uses' });
  return action;
}

function checkArguments(
  context: CheckContext,
  path: Path,
  call: Mapping,
  { schema, key }: { schema: ActionSchema['withSchema']; key: 'uses' | 'check' },
): void {
  const given = call['with'];
  if (given !== undefined && !isMapping(given)) return;
  // Without a `with` the finding about a missing argument belongs to the name of what misses it.
  const base = given === undefined ? path : [...path, 'with'];
  const { findings } = checkSchema(context.document, {
    schema,
    data: given ?? {},
    base: [...path, 'with'],
    templates: true,
  });
  const place =
    base === path ? context.document.finding('key-missing', context.document.rangeOf([...path, key]), '') : undefined;
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
