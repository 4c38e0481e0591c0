import { messageOf, OaopsError } from '../../core/errors.ts';
import {
  type Expression,
  type ExpressionContext,
  evaluateExpression,
  parseExpression,
  templateSource,
} from '../../runbook/expressions.ts';
import type { Deferred } from '../plan/plan-types.ts';

/** Names whose values exist only once something ran; those of batches stand in the plan once, not in each step. */
const runtimeRoots = ['steps', 'result', 'batch'];

const parsed = new Map<string, Expression>();

/** Each expression of a run is parsed once, however many units evaluate it. */
function parse(expression: string): Expression {
  let known = parsed.get(expression);
  if (!known) {
    known = parseExpression(expression);
    parsed.set(expression, known);
  }
  return known;
}

function evaluate(expression: string, scope: Record<string, unknown>): unknown {
  return evaluateExpression(parse(expression), scope as ExpressionContext);
}

/** Names at the root of an expression: `steps` of `steps.a.outputs.x > 1`. */
export function rootsOf(expression: string): ReadonlySet<string> {
  return new Set(parse(expression).references.map((reference) => reference.root));
}

/** True for `{ $expr }`: a value that is known only while running. */
export function isDeferred(value: unknown): value is Deferred {
  return typeof value === 'object' && value !== null && '$expr' in value && typeof value.$expr === 'string';
}

/** Value of an expression now, or deferred when it needs what only a run knows (`steps`, `result`, `run.id`). */
export function evaluateOrDefer(expression: string, scope: Record<string, unknown>): unknown {
  const roots = rootsOf(expression);
  if (runtimeRoots.some((name) => roots.has(name))) return { $expr: expression };
  try {
    return evaluate(expression, scope);
  } catch (error) {
    // The run's id and folder do not exist before the run does.
    if (roots.has('run')) return { $expr: expression };
    throw error;
  }
}

/** The same structure with every `${{ }}` replaced by its value, or by `{ $expr }` when it has none yet. */
export function resolveValues(value: unknown, scope: Record<string, unknown>): unknown {
  return mapStrings(value, (text) => {
    const expression = templateSource(text);
    return expression === undefined ? text : evaluateOrDefer(expression, scope);
  });
}

/**
 * The same structure with every deferred value computed. `as` says what a text is: `written` in a runbook, where `${{ }}` is an
 * expression, or `planned`, where it is a value that looks like one (a file name, an input) and stays as it is.
 * @throws OaopsError `expression-failed`
 */
export function computeDeferred(value: unknown, scope: Record<string, unknown>, as: 'written' | 'planned'): unknown {
  if (isDeferred(value)) return evaluateNow(value.$expr, scope);
  if (Array.isArray(value)) return value.map((item) => computeDeferred(item, scope, as));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, computeDeferred(item, scope, as)]));
  }
  if (typeof value === 'string' && as === 'written') {
    const expression = templateSource(value);
    if (expression !== undefined) return evaluateNow(expression, scope);
  }
  return value;
}

/** An expression's value while running. @throws OaopsError `expression-failed` (exit 1), naming the expression */
export function evaluateNow(expression: string, scope: Record<string, unknown>): unknown {
  try {
    return evaluate(expression, scope);
  } catch (error) {
    throw new OaopsError('expression-failed', messageOf(error), {
      next: (error instanceof OaopsError && error.next) || 'Check the names in it against what earlier steps give.',
      cause: error,
    });
  }
}

/** As `evaluateNow`, for conditions. @throws OaopsError `expression-not-boolean` */
export function evaluateCondition(expression: string, scope: Record<string, unknown>): boolean {
  const value = evaluateNow(expression, scope);
  if (typeof value === 'boolean') return value;
  throw new OaopsError(
    'expression-not-boolean',
    `expression "${expression}" gives ${kindOf(value)}, not true or false`,
    {
      next: 'Compare it with something, such as "... != 0".',
    },
  );
}

/** What a value is, as people say it. */
export function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
}

/** True when a deferred value is anywhere inside. */
export function hasDeferred(value: unknown): boolean {
  if (isDeferred(value)) return true;
  if (Array.isArray(value)) return value.some(hasDeferred);
  return value !== null && typeof value === 'object' && Object.values(value).some(hasDeferred);
}

/** Deferred values as people read them: `${{ steps.a.outputs.x }}`. */
export function showDeferred(value: unknown): unknown {
  if (isDeferred(value)) return `\${{ ${value.$expr} }}`;
  if (Array.isArray(value)) return value.map(showDeferred);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, showDeferred(item)]));
  }
  return value;
}

function mapStrings(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
  }
  return value;
}
