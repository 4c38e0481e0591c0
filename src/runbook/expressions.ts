import { createContext, Script } from 'node:vm';
import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
} from '@marcbachmann/cel-js';
import { messageOf, OaopsError, usageError } from '../core/errors.ts';
import { parseDuration, parseSize } from '../core/units.ts';

/**
 * What an expression can read. Not every root is known at every place:
 * - `inputs.<name>`: everywhere. Text, number or true/false as given; a duration or size stays the text that was written
 *   (`milliseconds(inputs.limit)`, `sizeBytes(inputs.cap)` make numbers of it), a file is its path, a secret its reference.
 * - `steps.<id>.outputs.<name>`, `steps.<id>.status`: steps that have ended before (a `StepStatus` as text).
 * - `item`: the value of this unit, in a step with `forEach`.
 * - `target`: `name`, `host`, `groups`, `vars` of the machine acted on.
 * - `run`: `id`, `startedAt` (ISO time), `runbook` (name), `version`.
 * - `result`: what the action gave; in `outputs`, `success` and `verify.success` only.
 */
export interface ExpressionContext {
  inputs?: Record<string, unknown>;
  steps?: Record<string, { status: string; outputs: Record<string, unknown> }>;
  item?: unknown;
  target?: Record<string, unknown>;
  run?: Record<string, unknown>;
  result?: unknown;
}

export const expressionRoots = ['inputs', 'steps', 'item', 'target', 'run', 'result'] as const;
export type ExpressionRoot = (typeof expressionRoots)[number];

/** One use of a root: `steps.copy.outputs.size` is root `steps`, path `copy`, `outputs`, `size`. Offsets within the source. */
export interface Reference {
  root: ExpressionRoot;
  path: string[];
  /** True when the path goes on with a part that is only known when evaluated. */
  dynamic: boolean;
  start: number;
  end: number;
}

export interface Expression {
  source: string;
  references: readonly Reference[];
  /** CEL's name of the type, `dyn` when it depends on values. */
  type: string;
  readonly program: (context: Record<string, unknown>) => unknown;
}

/** Why an expression is refused; offsets within the source. */
export interface ExpressionProblem {
  rule: 'expression-syntax' | 'expression-type' | 'expression-name';
  message: string;
  next?: string;
  start: number;
  end: number;
}

export const maxExpressionLength = 4096;
const defaultTimeoutMs = 1000;
const maxResultNodes = 100_000;

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
    if (!checked.valid) return { ok: false, problem: explain(checked.error, source) };
    const references = collectReferences(parsed.ast);
    return { ok: true, expression: { source, references, type: checked.type ?? 'dyn', program: parsed } };
  } catch (error) {
    return { ok: false, problem: explain(error, source) };
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
    if (value === undefined && root !== 'item') throw failed(compiled.source, `"${root}" is not known at this place`);
    variables[root] = toCel(value);
  }
  let value: unknown;
  try {
    value = withTimeLimit(() => compiled.program(variables), options.timeoutMs ?? defaultTimeoutMs);
  } catch (error) {
    if (error instanceof OaopsError) throw failed(compiled.source, error.message, error.next);
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw failed(
        compiled.source,
        `gave no value within ${options.timeoutMs ?? defaultTimeoutMs} ms`,
        'Make the expression, or the data it runs over, smaller.',
      );
    }
    if (error instanceof EvaluationError || error instanceof ParseError || error instanceof CelTypeError) {
      const { message, next } = explain(error, compiled.source);
      throw failed(compiled.source, message, next);
    }
    throw failed(compiled.source, lowerFirst(messageOf(error)));
  }
  return fromCel(value, { left: maxResultNodes }, compiled.source);
}

/**
 * As `evaluateExpression`, for conditions.
 * @throws OaopsError `expression-failed` also when the value is neither true nor false
 */
export function evaluateCondition(expression: Expression | string, context: ExpressionContext): boolean {
  const value = evaluateExpression(expression, context);
  if (typeof value === 'boolean') return value;
  const source = typeof expression === 'string' ? expression : expression.source;
  throw failed(source, `gave ${describeValue(value)}, not true or false`, 'Compare it with something.');
}

/** The expression of a whole-value template `${{ cel }}`, or undefined for any other value. */
export function templateSource(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(value);
  const inner = match?.[1];
  // `${{ a }}-${{ b }}` starts and ends like a template, and is a text with two.
  return inner === undefined || inner.includes('${{') ? undefined : inner.trim();
}

/** Every template inside a value, at any depth. */
export function templatesIn(value: unknown): Expression[] {
  const found: Expression[] = [];
  const walk = (part: unknown): void => {
    const source = templateSource(part);
    if (source !== undefined) found.push(parseExpression(source));
    else if (Array.isArray(part)) part.forEach(walk);
    else if (part !== null && typeof part === 'object') Object.values(part).forEach(walk);
  };
  walk(value);
  return found;
}

/**
 * The value with each template replaced by what `resolve` gives for it; everything else is kept. The planner gives
 * `{ $expr }` for expressions over steps that have not run.
 */
export function mapTemplates(value: unknown, resolve: (expression: Expression) => unknown): unknown {
  const source = templateSource(value);
  if (source !== undefined) return resolve(parseExpression(source));
  if (Array.isArray(value)) return value.map((part) => mapTemplates(part, resolve));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapTemplates(part, resolve)]));
  }
  return value;
}

const boundByMacro = new Set(['all', 'exists', 'exists_one', 'map', 'filter', 'bind']);

function collectReferences(ast: ASTNode): Reference[] {
  const found: Reference[] = [];
  const isNode = (part: unknown): part is ASTNode =>
    part !== null && typeof part === 'object' && 'op' in part && 'args' in part;

  /** The chain of names that ends in `node`, when it starts at a root. */
  const chain = (
    node: ASTNode,
    bound: ReadonlySet<string>,
  ): { root: string; path: string[]; dynamic: boolean } | undefined => {
    if (node.op === 'id') return bound.has(node.args) ? undefined : { root: node.args, path: [], dynamic: false };
    if (node.op === '.' || node.op === '.?') {
      const head = chain(node.args[0], bound);
      return head && (head.dynamic ? head : { ...head, path: [...head.path, node.args[1]] });
    }
    if (node.op === '[]' || node.op === '[?]') {
      const head = chain(node.args[0], bound);
      if (!head) return undefined;
      walk(node.args[1], bound);
      const index = node.args[1];
      if (head.dynamic) return head;
      if (index.op === 'value' && typeof index.args === 'string') return { ...head, path: [...head.path, index.args] };
      return { ...head, dynamic: true };
    }
    return undefined;
  };

  const walk = (node: ASTNode, bound: ReadonlySet<string>): void => {
    if (node.op === 'id' || node.op === '.' || node.op === '.?' || node.op === '[]' || node.op === '[?]') {
      const head = chain(node, bound);
      if (head) {
        if (isRoot(head.root))
          found.push({ root: head.root, path: head.path, dynamic: head.dynamic, start: node.start, end: node.end });
        return;
      }
    }
    let inner = bound;
    if (node.op === 'rcall' && boundByMacro.has(node.args[0])) {
      const variable = node.args[2][0];
      if (variable?.op === 'id') inner = new Set([...bound, variable.args]);
      walk(node.args[1], bound);
      for (const argument of node.args[2].slice(1)) walk(argument, inner);
      return;
    }
    const parts: unknown[] = Array.isArray(node.args) ? (node.args as unknown[]).flat(2) : [node.args];
    for (const part of parts) if (isNode(part)) walk(part, inner);
  };
  walk(ast, new Set());
  return found;
}

function isRoot(name: string): name is ExpressionRoot {
  return (expressionRoots as readonly string[]).includes(name);
}

function explain(error: unknown, source: string): ExpressionProblem {
  const cel = error as { code?: string; summary?: string; range?: { start: number; end: number } };
  const start = Math.min(cel.range?.start ?? 0, source.length);
  const end = Math.max(start, Math.min(cel.range?.end ?? source.length, source.length));
  const summary = lowerFirst(cel.summary ?? messageOf(error).split('\n')[0] ?? 'not valid');
  if (error instanceof ParseError) {
    const ended = summary === 'unexpected token: EOF';
    const hint = syntaxHint(source);
    return {
      rule: 'expression-syntax',
      message: ended ? 'the expression ends too early' : summary,
      ...(hint ? { next: hint } : {}),
      start,
      end,
    };
  }
  if (cel.code === 'unknown_variable') {
    const name = source.slice(start, end) || summary.replace('unknown variable: ', '');
    const hyphen = /([A-Za-z_][\w.]*-)$/.exec(source.slice(0, start));
    const step = hyphen && /\bsteps\.([\w-]+)-$/.exec(source.slice(0, start));
    const next = step
      ? `Write a step id with a hyphen in brackets: steps["${step[1]}-${name}"].`
      : `Known here: ${expressionRoots.join(', ')}; a text stands in quotes.`;
    return { rule: 'expression-name', message: `unknown name "${name}"`, next, start, end };
  }
  return { rule: 'expression-type', message: summary, start, end };
}

function syntaxHint(source: string): string | undefined {
  const bare = source.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
  if (/\b(and|or|not)\b/.test(bare)) return 'Write && for and, || for or, ! for not.';
  if (/(?<![=!<>])=(?!=)/.test(bare)) return 'Write == to compare.';
  if (/\$\{\{/.test(bare)) return 'Write the expression bare here, without ${{ }}.';
  return undefined;
}

function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(toCel);
  if (value !== null && typeof value === 'object' && !(value instanceof Date) && !(value instanceof Uint8Array)) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toCel(part)]));
  }
  return value;
}

function fromCel(value: unknown, budget: { left: number }, source: string): unknown {
  if (--budget.left < 0) throw failed(source, `gave more than ${maxResultNodes} values`);
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number))
      throw failed(source, `gave ${value}, which is too large to keep exactly`, 'Turn it into a text: string(...).');
    return number;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw failed(source, `gave ${value}, which is not a number`);
    return value;
  }
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((part) => fromCel(part, budget, source));
  const entries = value instanceof Map ? [...value.entries()] : undefined;
  if (entries) return Object.fromEntries(entries.map(([key, part]) => [String(key), fromCel(part, budget, source)]));
  if (typeof value === 'object') {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, fromCel(part, budget, source)]));
    }
    // uint and duration are objects of the library that print as what they are.
    const primitive = (value as { valueOf(): unknown }).valueOf();
    if (typeof primitive === 'bigint' || typeof primitive === 'number') return fromCel(primitive, budget, source);
  }
  return String(value);
}

const sandbox = createContext({});
const script = new Script('job()');

/** Synchronous code cannot be stopped from within; the virtual machine's watchdog ends it, regular expressions included. */
function withTimeLimit<T>(job: () => T, timeoutMs: number): T {
  sandbox['job'] = job;
  try {
    return script.runInContext(sandbox, { timeout: timeoutMs }) as T;
  } finally {
    sandbox['job'] = undefined;
  }
}

function failed(source: string, message: string, next?: string): OaopsError {
  return new OaopsError('expression-failed', `"${source}": ${message}`, next === undefined ? {} : { next });
}

function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : JSON.stringify(value);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
