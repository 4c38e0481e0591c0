import { nearest } from '../../core/nearest.ts';
import { readInput } from '../inputs.ts';
import { identifierSchema } from '../schema/common.ts';
import { inputSchema } from '../schema/spec.ts';
import { firstUnseen } from '../yaml/text.ts';
import { type CheckContext, isMapping } from './context.ts';

/** `title-translation`, `procedure-unknown`, and the rules of declared inputs: `input-unused`, `input-default`, `secret-prompt-waits`. */
export function checkHeader(context: CheckContext): void {
  const title = context.metadata.title as unknown;
  if (
    (typeof title === 'string' && title !== '') ||
    // Another key is a finding of its own, and most likely the translation.
    (isMapping(title) && typeof title['en'] === 'string' && Object.keys(title).length === 1)
  ) {
    context.report(
      'title-translation',
      ['metadata', 'title'],
      'the title has no zh-CN text',
      'Write "title: {en: ..., zh-CN: ...}".',
      'key',
    );
  }
  checkProcedures(context);
  checkInputs(context);
  checkPrompts(context);
  checkUnseen(context, context.document.data, []);
}

/** A run would count for nothing, and nobody would notice before the auditor. */
function checkProcedures(context: CheckContext): void {
  const ids: unknown = context.metadata.procedures;
  if (!Array.isArray(ids)) return;
  const { procedures } = context.catalogue;
  for (const [index, id] of ids.entries()) {
    // Whatever is no ID at all is a finding of the schema.
    if (typeof id !== 'string' || !/^[A-Z]{2}-\d{2}$/.test(id) || procedures.includes(id)) continue;
    const close = nearest(id, procedures);
    context.report(
      'procedure-unknown',
      ['metadata', 'procedures', index],
      `there is no procedure ${id}`,
      close === undefined ? 'See docs/procedures.md for all of them.' : `Did you mean "${close}"?`,
    );
  }
}

/** Characters that an escape brings into texts that are shown; arguments of actions may hold any. */
function checkUnseen(context: CheckContext, value: unknown, path: (string | number)[]): void {
  if (Array.isArray(value)) for (const [index, part] of value.entries()) checkUnseen(context, part, [...path, index]);
  else if (isMapping(value)) {
    for (const [key, part] of Object.entries(value)) if (key !== 'with') checkUnseen(context, part, [...path, key]);
  } else if (typeof value === 'string' && firstUnseen(value) >= 0) {
    const code = value.charCodeAt(firstUnseen(value)).toString(16).toUpperCase().padStart(4, '0');
    context.report('file-control-character', path, `a text holds the control character U+${code}`, 'Remove it.');
  }
}

function checkInputs(context: CheckContext): void {
  const read = inputsRead(Object.fromEntries(Object.entries(context.spec).filter(([key]) => key !== 'inputs')));
  for (const [name, raw] of Object.entries(context.inputs)) {
    const path = ['spec', 'inputs', name];
    // A name that is none was reported by the schema.
    if (!identifierSchema.safeParse(name).success) continue;
    // Steps that could not be read may read it, and so does an expression with a misspelt name.
    if (context.stepsWhole && read !== 'all' && !read.has(name) && !context.meantInputs.has(name)) {
      context.report(
        'input-unused',
        path,
        `the input "${name}" is never read`,
        `Read it with \${{ inputs.${name} }}, or remove it.`,
        'key',
      );
    }
    const spec = inputSchema.safeParse(raw);
    if (!spec.success) continue;
    const { min, max } = spec.data;
    if (min !== undefined && max !== undefined && min > max) {
      context.report('value-invalid', [...path, 'min'], `"min" of the input "${name}" is above its "max"`);
      continue;
    }
    // An expression there was refused as one.
    if (spec.data.default === undefined || String(spec.data.default).includes('${{')) continue;
    const checked = readInput(spec.data, spec.data.default);
    if (!checked.ok)
      context.report('input-default', [...path, 'default'], `the default ${checked.message}`, checked.next);
    if (spec.data.required) {
      context.report(
        'input-default',
        [...path, 'required'],
        'an input with a default is never missing',
        'Remove "required" or "default".',
      );
    }
  }
}

/** A run that can wait goes on later by itself, with nobody at the terminal to type a secret. */
function checkPrompts(context: CheckContext): void {
  const waits = (call: unknown): boolean =>
    isMapping(call) &&
    context.catalogue.actions.some((action) => action.name === call['uses'] && action.canWait === true);
  const waiting = context.steps.find(({ raw }) => [raw, raw['undo'], raw['verify']].some(waits));
  if (waiting === undefined) return;
  const walk = (value: unknown, path: (string | number)[]): void => {
    if (Array.isArray(value)) for (const [index, part] of value.entries()) walk(part, [...path, index]);
    else if (isMapping(value)) for (const [key, part] of Object.entries(value)) walk(part, [...path, key]);
    else if (typeof value === 'string' && value.startsWith('prompt:') && isSecretPlace(path, context)) {
      const step = waiting.id ?? String(waiting.raw['uses']);
      context.report(
        'secret-prompt-waits',
        path,
        `a prompted secret in a run that can wait (step "${step}")`,
        'Name it by env:, file: or cred:, which are read again when the run goes on.',
      );
    }
  };
  walk(context.spec, ['spec']);
}

/** Where a secret reference can stand: defaults of secret inputs, and `secret` or `password` of steps; other texts may begin so. */
function isSecretPlace(path: (string | number)[], context: CheckContext): boolean {
  if (path[1] === 'inputs') {
    const input = context.inputs[String(path[2])];
    return path[3] === 'default' && isMapping(input) && input['type'] === 'secret';
  }
  return ['secret', 'password'].includes(String(path.at(-1)));
}

/** Names of the inputs that any text below `value` reads; `all` when one reads them by a name that it computes. */
function inputsRead(value: unknown, found = new Set<string>()): Set<string> | 'all' {
  if (typeof value === 'string') {
    for (const [, dotted, quoted, computed] of value.matchAll(
      /\binputs\s*(?:\.\??\s*(\w+)|\[\??\s*(?:["'](\w+)["']|([^"'\s])))/g,
    )) {
      if (computed !== undefined) return 'all';
      found.add(dotted ?? quoted!);
    }
  } else if (value !== null && typeof value === 'object') {
    for (const part of Object.values(value)) if (inputsRead(part, found) === 'all') return 'all';
  }
  return found;
}
