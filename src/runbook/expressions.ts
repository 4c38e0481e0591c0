import { TypeError as CelTypeError, Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { messageOf, OaopsError, usageError } from '../core/errors.ts';
import { parseDuration, parseSize } from '../core/units.ts';
import { type ExpressionProblem, explainProblem } from './expressions/problems.ts';
import { collectReferences, expressionRoots, isBounded, type Reference } from './expressions/references.ts';
import { expressionFailed, fromCel, isTimeout, toCelPart, withTimeLimit } from './expressions/values.ts';

export type { ExpressionProblem } from './expressions/problems.ts';
export type { ExpressionRoot, Reference } from './expressions/references.ts';

/**
 * What an expression can read. Not every root is known at every place:
 * - `inputs.<name>`: everywhere. Text, number or true/false as given; a duration or size stays the text that was written
 *   (`milliseconds(inputs.limit)`, `sizeBytes(inputs.cap)` make numbers of it), a file is its path, a secret its reference.
 * - `steps.<id>.status`, `steps.<id>.outputs.<name>` (a list when that step has `targets` or `forEach`),
 *   `steps.<id>.units[...]`: steps that have ended before.
 * - `item`: the value of this unit, in a step with `forEach`.
 * - `target`: `name`, `host`, `port`, `user`, `groups`, `vars` of the machine acted on.
 * - `run`: `id`, `startedAt` (ISO time), `requester`, `digest`, `dir`, `runbook` (name), `version`, `kind`.
 * - `batch`: `number`, `count`, `size`, `ids`, `members`, `lines`, `nul`, `json` of the batch, in steps that a rollout repeats for each batch.
 * - `result`: what the action gave; in `outputs`, `success`, and `with` and `success` of `undo` and `verify`.
 */
export interface ExpressionContext {
  inputs?: Record<string, unknown>;
  steps?: Record<string, unknown>;
  item?: unknown;
  target?: Record<string, unknown>;
  run?: Record<string, unknown>;
  result?: unknown;
  batch?: Record<string, unknown>;
}

export interface Expression {
  source: string;
  references: readonly Reference[];
  /** CEL's name of the type, `dyn` when it depends on values. */
  type: string;
  /** Its time cannot outgrow its data, so it runs without a watchdog. */
  bounded: boolean;
  readonly program: (context: Record<string, unknown>) => unknown;
}

export const maxExpressionLength = 4096;
const defaultTimeoutMs = 1000;

let sharedEnvironment: Environment | undefined;

/** One environment for all: making one costs more than most expressions. */
function environment(): Environment {
  if (sharedEnvironment) return sharedEnvironment;
  const env = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 2000, maxDepth: 64, maxListElements: 1000, maxMapEntries: 1000, maxCallArguments: 32 },
  });
  for (const root of expressionRoots) env.registerVariable(root, 'dyn');
  env.registerFunction('milliseconds(string): int', (text: string) => BigInt(parseDuration(text)));
  env.registerFunction('sizeBytes(string): int', (text: string) => BigInt(parseSize(text)));
  // JSON has one number type: 1.0 arrives as a whole number, so arithmetic mixes both.
  for (const [operator, apply] of Object.entries(mixedArithmetic)) {
    env.registerOperator(`int ${operator} double`, (a: bigint, b: number) => apply(Number(a), b));
    env.registerOperator(`double ${operator} int`, (a: number, b: bigint) => apply(a, Number(b)));
  }
  sharedEnvironment = env;
  return env;
}

const mixedArithmetic: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

/** Parses and type-checks. Never throws on any text. */
export function compileExpression(
  source: string,
): { ok: true; expression: Expression } | { ok: false; problem: ExpressionProblem } {
  if (source.length > maxExpressionLength) {
    const message = `the expression is longer than ${maxExpressionLength} characters`;
    return {
      ok: false,
      problem: {
        rule: 'expression-syntax',
        message,
        next: 'Split it over several steps.',
        start: 0,
        end: source.length,
      },
    };
  }
  if (source.trim() === '') {
    return {
      ok: false,
      problem: { rule: 'expression-syntax', message: 'the expression is empty', start: 0, end: source.length },
    };
  }
  try {
    const parsed = environment().parse(source);
    const checked = parsed.check();
    if (!checked.valid) return { ok: false, problem: explainProblem(checked.error, source) };
    const references = collectReferences(parsed.ast);
    const bounded = isBounded(parsed.ast);
    return { ok: true, expression: { source, references, type: checked.type ?? 'dyn', bounded, program: parsed } };
  } catch (error) {
    return { ok: false, problem: explainProblem(error, source) };
  }
}

/**
 * As `compileExpression`, for sources that validation has seen.
 * @throws OaopsError `expression-invalid` (exit 2)
 */
export function parseExpression(source: string): Expression {
  const compiled = compileExpression(source);
  if (compiled.ok) return compiled.expression;
  const { message, next } = compiled.problem;
  throw usageError('expression-invalid', `"${source}": ${message}`, next === undefined ? {} : { next });
}

/**
 * The value as JSON: whole numbers as numbers, times as ISO text, bytes as base64. Ended after `timeoutMs`, whatever the
 * expression does (a regular expression over a hostile output included).
 * @throws OaopsError `expression-failed`
 */
export function evaluateExpression(
  expression: Expression | string,
  context: ExpressionContext,
  options: { timeoutMs?: number } = {},
): unknown {
  const compiled = typeof expression === 'string' ? parseExpression(expression) : expression;
  const variables: Record<string, unknown> = {};
  for (const root of new Set(compiled.references.map((reference) => reference.root))) {
    const value = context[root];
    if (value === undefined && root !== 'item')
      throw expressionFailed(compiled.source, `"${root}" is not known at this place`);
    const paths = compiled.references.filter((reference) => reference.root === root).map(({ path }) => path);
    variables[root] = toCelPart(value, paths);
  }
  let value: unknown;
  try {
    value = compiled.bounded
      ? compiled.program(variables)
      : withTimeLimit(() => compiled.program(variables), options.timeoutMs ?? defaultTimeoutMs);
  } catch (error) {
    if (error instanceof OaopsError) throw expressionFailed(compiled.source, error.message, error.next);
    if (isTimeout(error)) {
      throw expressionFailed(
        compiled.source,
        `gave no value within ${options.timeoutMs ?? defaultTimeoutMs} ms`,
        'Make the expression, or the data it runs over, smaller.',
      );
    }
    if (error instanceof EvaluationError || error instanceof ParseError || error instanceof CelTypeError) {
      const { message, next } = explainProblem(error, compiled.source);
      throw expressionFailed(compiled.source, message, next);
    }
    throw expressionFailed(compiled.source, messageOf(error));
  }
  return fromCel(value, compiled.source);
}

/** The expression of a whole-value template `${{ cel }}`, or undefined for any other value. */
export function templateSource(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(value);
  const inner = match?.[1];
  // `${{ a }}-${{ b }}` starts and ends like a template, and is a text with two.
  return inner === undefined || inner.includes('${{') ? undefined : inner.trim();
}
