import { isAbsolute, resolve } from 'node:path';
import { usageError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { formatDuration, formatSize, tryParseDuration, tryParseSize } from '../core/units.ts';
import { isTimeout, withTimeLimit } from './expressions/values.ts';
import type { InputSpec, Runbook } from './types.ts';

export type InputValue = string | number | boolean;

/** What was given for inputs: texts of `-i name=value`, and values of an inputs file. */
export interface GivenInputs {
  /** Texts of the command line; they win over the file. */
  flags?: Readonly<Record<string, string>>;
  /** Values of the inputs file (YAML or JSON). */
  file?: Readonly<Record<string, unknown>>;
  /** Folder that relative paths of file inputs start from. */
  cwd: string;
}

/** One thing wrong with the given inputs. */
export interface InputProblem {
  code: 'input-unknown' | 'input-missing' | 'input-invalid';
  input: string;
  message: string;
  next?: string;
}

/**
 * Typed values for the declared inputs: given ones, then defaults, then null. Durations and sizes stay the text that was
 * written, files become absolute paths (a given one from `cwd`, a default from the runbook's folder), secrets stay references.
 * All problems are told, not only the first.
 */
export function resolveInputs(
  runbook: Pick<Runbook, 'inputs'>,
  given: GivenInputs,
  runbookDir = given.cwd,
): { values: Record<string, InputValue | null>; problems: InputProblem[] } {
  const values: Record<string, InputValue | null> = {};
  const problems: InputProblem[] = [];
  const names = Object.keys(runbook.inputs);
  for (const name of new Set([...Object.keys(given.file ?? {}), ...Object.keys(given.flags ?? {})])) {
    if (names.includes(name)) continue;
    const close = nearest(name, names);
    const next =
      close !== undefined
        ? `Did you mean "${close}"?`
        : names.length === 0
          ? 'The runbook has no inputs.'
          : `Its inputs are: ${names.join(', ')}.`;
    problems.push({ code: 'input-unknown', input: name, message: `the runbook has no input "${name}"`, next });
  }
  for (const [name, spec] of Object.entries(runbook.inputs)) {
    const fromFlag = given.flags?.[name];
    const raw = fromFlag ?? given.file?.[name] ?? undefined;
    if (raw === undefined && spec.default === undefined) {
      if (spec.required)
        problems.push({
          code: 'input-missing',
          input: name,
          message: `the input "${name}" is missing`,
          next: `Give it with -i ${name}=${placeholder(spec)}.`,
        });
      else values[name] = null;
      continue;
    }
    const read = readInput(spec, raw ?? spec.default, fromFlag !== undefined);
    if (!read.ok) {
      problems.push({
        code: 'input-invalid',
        input: name,
        message: `the input "${name}" ${read.message}`,
        ...(read.next ? { next: read.next } : {}),
      });
      continue;
    }
    const dir = raw === undefined ? runbookDir : given.cwd;
    values[name] =
      spec.type === 'file' && !isAbsolute(String(read.value)) ? resolve(dir, String(read.value)) : read.value;
  }
  return { values, problems };
}

/**
 * As `resolveInputs`, for callers that cannot go on with problems.
 * @throws OaopsError `inputs-invalid` (exit 2) that names all of them; `details.problems` has them one by one
 */
export function requireInputs(
  runbook: Pick<Runbook, 'inputs'>,
  given: GivenInputs,
  runbookDir?: string,
): Record<string, InputValue | null> {
  const { values, problems } = resolveInputs(runbook, given, runbookDir);
  const first = problems[0];
  if (!first) return values;
  const next = [...new Set(problems.flatMap((problem) => problem.next ?? []))].join(' ');
  throw usageError('inputs-invalid', problems.map(({ message }) => message).join('; '), {
    next,
    details: { problems },
  });
}

/**
 * `name=value` texts of the command line. The value may hold further `=`; the last one given for a name wins.
 * @throws OaopsError `input-flag-invalid` (exit 2)
 */
export function parseInputFlags(flags: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const flag of flags) {
    const at = flag.indexOf('=');
    if (at < 1) throw usageError('input-flag-invalid', `"${flag}" is not an input`, { next: 'Write -i name=value.' });
    values[flag.slice(0, at)] = flag.slice(at + 1);
  }
  return values;
}

type Read = { ok: true; value: InputValue } | { ok: false; message: string; next?: string };

const no = (message: string, next?: string): Read => ({ ok: false, message, ...(next === undefined ? {} : { next }) });
const yes = (value: InputValue): Read => ({ ok: true, value });

/** One value against its declaration. `asText` = from the command line, where everything is text. */
export function readInput(spec: InputSpec, raw: unknown, asText = false): Read {
  switch (spec.type) {
    case 'boolean':
      if (typeof raw === 'boolean') return yes(raw);
      if (asText && (raw === 'true' || raw === 'false')) return yes(raw === 'true');
      return no(`must be true or false, not ${show(raw)}`);
    case 'integer': {
      const value = asText && typeof raw === 'string' && /^[-+]?\d+$/.test(raw.trim()) ? Number(raw) : raw;
      if (typeof value !== 'number' || !Number.isSafeInteger(value))
        return no(`must be a whole number, not ${show(raw)}`);
      return bounded(spec, value, String) ?? yes(value);
    }
    case 'duration': {
      const valueMs = typeof raw === 'string' ? tryParseDuration(raw) : undefined;
      if (valueMs === undefined)
        return no(`must be a duration, not ${show(raw)}`, 'Write a number and a unit, such as 30s, 20m, 72h or 30d.');
      return bounded(spec, valueMs, formatDuration) ?? yes(String(raw).trim());
    }
    case 'size': {
      const text = typeof raw === 'number' ? String(raw) : raw;
      const sizeBytes = typeof text === 'string' ? tryParseSize(text) : undefined;
      if (sizeBytes === undefined)
        return no(`must be a size, not ${show(raw)}`, 'Write a number and a unit, such as 512B, 64MiB or 1.5GB.');
      return bounded(spec, sizeBytes, formatSize) ?? yes(String(text).trim());
    }
    case 'enum':
      if (typeof raw === 'string' && spec.values?.includes(raw)) return yes(raw);
      return no(
        `is ${show(raw)}, not one of ${(spec.values ?? []).join(', ')}`,
        typeof raw === 'string' ? suggestion(raw, spec.values ?? []) : undefined,
      );
    case 'secret':
      if (typeof raw === 'string' && /^(env|file|cred|prompt):/.test(raw)) return yes(raw);
      // What was given may be the secret itself: it is not repeated.
      return no('must be a reference to a secret, not the secret', 'Write env:NAME, file:/path, cred:NAME or prompt:.');
    case 'file':
      return typeof raw === 'string' && raw !== '' ? yes(raw) : no(`must be the path of a file, not ${show(raw)}`);
    case 'string': {
      if (typeof raw !== 'string') return no(`must be text, not ${show(raw)}`, 'Put it in quotes.');
      const length = [...raw].length;
      if (spec.min !== undefined && length < spec.min) return no(`must have at least ${spec.min} characters`);
      if (spec.max !== undefined && length > spec.max) return no(`must have at most ${spec.max} characters`);
      if (spec.pattern === undefined) return yes(raw);
      const matches = matchesWhole(spec.pattern, raw);
      if (matches === undefined)
        return no(
          `cannot be compared with ${spec.pattern} within ${patternTimeoutMs} ms`,
          'Write a pattern without nested repetition.',
        );
      return matches ? yes(raw) : no(`is ${show(raw)}, which does not match ${spec.pattern}`);
    }
  }
}

const patternTimeoutMs = 1000;

/** Whether the whole text matches; undefined when that cannot be told in time: (a+)+ takes years over forty letters. */
function matchesWhole(pattern: string, text: string): boolean | undefined {
  const expression = new RegExp(`^(?:${pattern})$`, 'u');
  try {
    return withTimeLimit(() => expression.test(text), patternTimeoutMs);
  } catch (error) {
    if (isTimeout(error)) return undefined;
    throw error;
  }
}

function bounded(spec: InputSpec, value: number, format: (value: number) => string): Read | undefined {
  if (spec.min !== undefined && value < spec.min)
    return no(`must be at least ${format(spec.min)}, not ${format(value)}`);
  if (spec.max !== undefined && value > spec.max)
    return no(`must be at most ${format(spec.max)}, not ${format(value)}`);
  return undefined;
}

function suggestion(word: string, known: readonly string[]): string | undefined {
  const close = nearest(word, known);
  return close === undefined ? undefined : `Did you mean "${close}"?`;
}

function placeholder(spec: InputSpec): string {
  if (spec.type === 'enum') return spec.values?.[0] ?? 'VALUE';
  const examples: Partial<Record<InputSpec['type'], string>> = {
    boolean: 'true',
    integer: '1',
    duration: '20m',
    size: '64MiB',
    file: 'PATH',
    secret: 'env:NAME',
  };
  return examples[spec.type] ?? 'VALUE';
}

function show(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'string') return `"${value.length > 60 ? `${value.slice(0, 57)}...` : value}"`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : String(value);
}
