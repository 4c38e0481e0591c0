import { createContext, Script } from 'node:vm';
import { OaopsError } from '../../core/errors.ts';

const maxResultNodes = 100_000;

/** JSON to CEL: whole numbers become CEL's int, so that `exitCode == 0` and arithmetic work. */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(toCel);
  if (value !== null && typeof value === 'object' && !(value instanceof Date) && !(value instanceof Uint8Array)) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toCel(part)]));
  }
  return value;
}

/**
 * As `toCel`, but only what the paths lead to: one step out of a thousand, one output of a step with ten thousand units. Of what else
 * the value holds nothing is read, getters included.
 */
export function toCelPart(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (paths.some((path) => path.length === 0) || !isPlainObject(value)) return toCel(value);
  const below = Map.groupBy(paths, ([name]) => name!);
  return Object.fromEntries(
    [...below].flatMap(([name, rest]) =>
      Object.hasOwn(value, name)
        ? [
            [
              name,
              toCelPart(
                value[name],
                rest.map((path) => path.slice(1)),
              ),
            ],
          ]
        : [],
    ),
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * CEL to JSON: numbers, times as ISO text, bytes as base64.
 * @throws OaopsError `expression-failed` for what JSON cannot hold exactly
 */
export function fromCel(value: unknown, source: string, budget = { left: maxResultNodes }): unknown {
  if (--budget.left < 0) throw expressionFailed(source, `gave more than ${maxResultNodes} values`);
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number))
      throw expressionFailed(
        source,
        `gave ${value}, which is too large to keep exactly`,
        'Turn it into a text: string(...).',
      );
    return number;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw expressionFailed(source, `gave ${value}, which is not a number`);
    return value;
  }
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((part) => fromCel(part, source, budget));
  const entries = value instanceof Map ? [...value.entries()] : undefined;
  if (entries) return Object.fromEntries(entries.map(([key, part]) => [String(key), fromCel(part, source, budget)]));
  if (typeof value === 'object') {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, fromCel(part, source, budget)]));
    }
    // uint and duration are objects of the library that print as what they are.
    const primitive = (value as { valueOf(): unknown }).valueOf();
    if (typeof primitive === 'bigint' || typeof primitive === 'number') return fromCel(primitive, source, budget);
  }
  return String(value);
}

let sandbox: { context: Record<string, unknown>; script: Script } | undefined;

/** Synchronous code cannot be stopped from within; the virtual machine's watchdog ends it, regular expressions included. */
export function withTimeLimit<T>(job: () => T, timeoutMs: number): T {
  sandbox ??= { context: createContext({}) as Record<string, unknown>, script: new Script('job()') };
  sandbox.context['job'] = job;
  try {
    return sandbox.script.runInContext(sandbox.context, { timeout: timeoutMs }) as T;
  } finally {
    sandbox.context['job'] = undefined;
  }
}

/** True for what `withTimeLimit` throws when the time is over. */
export function isTimeout(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

/** An expression that could not give a value. */
export function expressionFailed(source: string, message: string, next?: string): OaopsError {
  return new OaopsError('expression-failed', `"${source}": ${message}`, next === undefined ? {} : { next });
}
