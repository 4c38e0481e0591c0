import { compileExpression, type ExpressionRoot, type Reference, templateSource } from '../expressions.ts';
import { commonSpec } from '../schema/spec.ts';
import type { Finding } from '../types.ts';
import type { Path } from '../yaml/document.ts';
import { resultFields } from './calls.ts';
import { type CheckContext, isMapping, type RawStep } from './context.ts';
import { noStep, type StepOrder } from './graph.ts';
import { noField, ownStep, ownStepProblem, type Problem, stepFields } from './own-steps.ts';

/** Members that the engine gives to each root (`ExpressionContext` tells what they hold). */
const targetFields = ['name', 'host', 'port', 'user', 'groups', 'vars'];
const batchFields = ['number', 'count', 'size', 'ids', 'members', 'lines', 'nul', 'json'];
const runFields = ['id', 'startedAt', 'requester', 'digest', 'dir', 'runbook', 'version', 'kind'];

/** Keys of a step below which expressions are looked at; every other text is taken as it stands. */
const evaluatedKeys = new Set(['if', 'forEach', 'with', 'success', 'outputs', 'undo', 'verify']);

/** What is known at the place of an expression. */
interface Place {
  roots: readonly ExpressionRoot[];
  step?: RawStep;
  /** `undo` and `verify` run after their own step. */
  afterOwnStep?: boolean;
  /** Action whose result `result` is. */
  resultOf?: unknown;
}

/** All expressions: syntax, types, names, and references to inputs, steps, outputs and results. */
export function checkExpressions(context: CheckContext, order: StepOrder): void {
  // Inputs that are no mapping, or stand below a misspelt key, are a finding of their own.
  const misspelt = (finding: Finding) => finding.rule.startsWith('key-') && finding.next?.includes('"inputs"') === true;
  context.inputsKnown =
    !context.document.isPartial(context.inputs) &&
    (isMapping(context.spec['inputs']) || (context.spec['inputs'] === undefined && !context.findings.some(misspelt)));
  for (const step of context.steps) checkStep(context, order, step);
  // Outside of steps a kind decides what an expression can read; inputs are the same everywhere.
  const stepLists = new Set<unknown>(context.steps.map(({ raw }) => raw));
  const own = Object.entries(context.spec).filter(([key]) => !Object.hasOwn(commonSpec, key));
  refuseTemplates(context, context.metadata, ['metadata']);
  for (const key of Object.keys(commonSpec)) refuseTemplates(context, context.spec[key], ['spec', key]);
  checkTemplates(
    context,
    order,
    Object.fromEntries(own),
    ['spec'],
    { roots: context.kind?.valueRoots ?? ['inputs', 'run', 'target', 'item', 'steps'] },
    stepLists,
  );
}

function checkStep(context: CheckContext, order: StepOrder, step: RawStep): void {
  const { raw, path } = step;
  const batch: ExpressionRoot[] = isInBatch(context, path) ? ['batch'] : [];
  const unit: ExpressionRoot[] = [
    'inputs',
    'steps',
    'target',
    'run',
    ...batch,
    ...(raw['forEach'] === undefined ? [] : (['item'] as const)),
  ];
  const list: Place = { roots: ['inputs', 'steps', 'run', ...batch], step };
  const during: Place = { roots: unit, step };
  const after: Place = { roots: [...unit, 'result'], step, resultOf: raw['uses'] };
  // Outputs are computed again from the journal whenever they are read, so they depend on nothing but their own unit.
  const outputs: Place = { ...after, roots: after.roots.filter((root) => root !== 'steps') };

  bare(context, order, [...path, 'if'], raw['if'], during);
  if (typeof raw['forEach'] === 'string') bare(context, order, [...path, 'forEach'], raw['forEach'], list);
  else checkTemplates(context, order, raw['forEach'], [...path, 'forEach'], list);
  checkTemplates(context, order, raw['with'], [...path, 'with'], during);
  bare(context, order, [...path, 'success'], raw['success'], after);
  if (isMapping(raw['outputs'])) {
    for (const [name, value] of Object.entries(raw['outputs']))
      bare(context, order, [...path, 'outputs', name], value, outputs);
  }
  for (const [key, value] of Object.entries(raw))
    if (!evaluatedKeys.has(key)) refuseTemplates(context, value, [...path, key]);
  for (const part of ['undo', 'verify']) {
    const call = raw[part];
    if (!isMapping(call)) continue;
    checkTemplates(context, order, call['with'], [...path, part, 'with'], { ...after, afterOwnStep: true });
    bare(context, order, [...path, part, 'success'], call['success'], {
      ...after,
      afterOwnStep: true,
      resultOf: call['uses'],
    });
  }
}

/** Repeated for each batch. */
function isInBatch({ kind }: CheckContext, path: Path): boolean {
  return (kind?.batchPaths ?? []).some((list) => list.every((key, at) => path[at] === key));
}

/** A key whose value is CEL without `${{ }}`. */
function bare(context: CheckContext, order: StepOrder, path: Path, value: unknown, place: Place): void {
  // The schema says that it must not be empty.
  if (typeof value !== 'string' || value === '') return;
  if (value.includes('${{')) {
    context.report(
      'expression-in-string',
      path,
      `"${path.at(-1)}" is an expression already`,
      'Write it bare, without ${{ }}.',
    );
    return;
  }
  const type = checkSource(context, order, path, value, 0, place);
  const [kind, known] = path.at(-1) === 'forEach' ? ['a list', /^(list|dyn)/] : ['true or false', /^(bool|dyn)$/];
  if (type === undefined || path.at(-2) === 'outputs' || known.test(type)) return;
  context.report(
    'expression-type',
    path,
    `"${path.at(-1)}" must give ${kind}, and this gives ${celTypes[type] ?? type}`,
    kind === 'true or false' ? 'Compare it with something: ==, !=, <, >.' : 'Write a list: [a, b].',
  );
}

/** Names of CEL's types for people. */
const celTypes: Record<string, string> = { string: 'text', int: 'a number', uint: 'a number', double: 'a number' };

/** Every text below `value`, at a place whose text is taken as it stands. */
function refuseTemplates(context: CheckContext, value: unknown, path: Path): void {
  if (Array.isArray(value))
    for (const [index, part] of value.entries()) refuseTemplates(context, part, [...path, index]);
  else if (isMapping(value))
    for (const [key, part] of Object.entries(value)) refuseTemplates(context, part, [...path, key]);
  else if (typeof value === 'string' && value.includes('${{')) {
    const found = context.document.finding(
      'expression-in-string',
      context.document.rangeOf(path),
      `"${String(path.findLast((part) => typeof part === 'string'))}" is taken as it stands: an expression is not possible here`,
      'Expressions stand in values below "with", and bare in "if", "forEach", "success" and "outputs".',
    );
    // Where the schema has said that the value is wrong, it has said enough.
    if (!context.findings.some(({ line, col }) => line === found.line && col === found.col))
      context.findings.push(found);
  }
}

/** Every text below `value`: a whole template is checked, a part of a text is refused. */
function checkTemplates(
  context: CheckContext,
  order: StepOrder,
  value: unknown,
  path: Path,
  place: Place,
  skip?: ReadonlySet<unknown>,
): void {
  if (skip?.has(value)) return;
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) checkTemplates(context, order, part, [...path, index], place, skip);
  } else if (isMapping(value)) {
    for (const [key, part] of Object.entries(value)) checkTemplates(context, order, part, [...path, key], place, skip);
  } else if (typeof value === 'string' && value.includes('${{')) {
    const source = templateSource(value);
    if (source === undefined) {
      const at = value.indexOf('${{');
      const close = value.indexOf('}}', at);
      const next =
        close < 0 ? 'Close it with }}.' : 'Make the whole text in the expression: ${{ "text " + inputs.name }}.';
      const message =
        close < 0
          ? 'an expression is opened with ${{ and never closed'
          : '${{ }} must be the whole value, not part of a text';
      context.reportInside('expression-in-string', path, at, close < 0 ? value.length : close + 2, message, next);
      return;
    }
    checkSource(context, order, path, source, value.indexOf(source, value.indexOf('${{') + 3), place);
  }
}

function checkSource(
  context: CheckContext,
  order: StepOrder,
  path: Path,
  source: string,
  offset: number,
  place: Place,
): string | undefined {
  const compiled = compileExpression(source);
  if (!compiled.ok) {
    const { rule, message, next, start, end } = compiled.problem;
    context.reportInside(rule, path, offset + start, offset + end, message, next);
    return undefined;
  }
  for (const reference of compiled.expression.references) {
    const problem = checkReference(context, order, reference, place);
    if (problem)
      context.reportInside(
        problem.rule,
        path,
        offset + reference.start,
        offset + reference.end,
        problem.message,
        problem.next,
      );
  }
  return compiled.expression.type;
}

function checkReference(
  context: CheckContext,
  order: StepOrder,
  reference: Reference,
  place: Place,
): Problem | undefined {
  const { root, path } = reference;
  if (!place.roots.includes(root)) return { rule: 'expression-name', ...notHere(root, place) };
  const first = path[0];
  if (root === 'inputs' && first !== undefined && !Object.hasOwn(context.inputs, first)) {
    if (!context.inputsKnown) return undefined;
    const close = context.suggest(first, Object.keys(context.inputs));
    if (close !== undefined) context.meantInputs.add(close);
    const next = close === undefined ? `Declare it below "spec.inputs".` : `Did you mean "${close}"?`;
    return { rule: 'input-undefined', message: `there is no input "${first}"`, next };
  }
  if (root === 'steps' && place.step && first !== undefined) return checkStepReference(context, order, path, place);
  if (root === 'target') return oneOf(context, 'target', first, targetFields);
  if (root === 'run') return oneOf(context, 'run', first, runFields);
  if (root === 'batch') return oneOf(context, 'batch', first, batchFields);
  if (root === 'result' && first !== undefined) {
    const fields = resultFields(context, place.resultOf)?.concat('error');
    if (fields && !fields.includes(first)) {
      const close = context.suggest(first, fields);
      const next = close === undefined ? `It gives: ${fields.join(', ')}.` : `Did you mean "${close}"?`;
      return { rule: 'step-result', message: `the result of "${String(place.resultOf)}" has no "${first}"`, next };
    }
  }
  return undefined;
}

function notHere(root: ExpressionRoot, place: Place): { message: string; next: string } {
  const known = `Known here: ${place.roots.join(', ')}.`;
  if (root === 'item' && place.step && place.step.raw['forEach'] === undefined)
    return { message: '"item" is known only in a step with "forEach"', next: 'Add "forEach", or read an input.' };
  if (root === 'result')
    return {
      message: '"result" is known only after the action: in "outputs", "success", "undo" and "verify"',
      next: 'Give it a name below "outputs" of its step, and read steps.<id>.outputs.<name>.',
    };
  return { message: `"${root}" is not known here`, next: known };
}

function oneOf(context: CheckContext, root: string, name: string | undefined, known: string[]): Problem | undefined {
  if (name === undefined || known.includes(name)) return undefined;
  const close = context.suggest(name, known);
  return {
    rule: 'expression-name',
    message: `"${root}" has no "${name}"`,
    next: close === undefined ? `It has: ${known.join(', ')}.` : `Did you mean "${close}"?`,
  };
}

function checkStepReference(
  context: CheckContext,
  order: StepOrder,
  [id, field, output]: string[],
  place: Place,
): Problem | undefined {
  const own = place.step?.id;
  const step = order.byId.get(id!);
  if (step === undefined) {
    const made = ownStep(context, id!, place.step);
    return made ? ownStepProblem(context, made, field, output) : noStep(context, id!, order.byId);
  }
  if (place.step && isInBatch(context, step.path) && !isInBatch(context, place.step.path)) {
    const message = `"${id}" is done once for each batch, and only steps and gates of its batch can read it`;
    return { rule: 'step-order', message, next: 'Measure it again here, or keep it in a file or the record.' };
  }
  const ended = id === own ? place.afterOwnStep === true : own === undefined || order.before(own).has(id!);
  if (!ended) {
    if (id === own) {
      const message = 'a step cannot read its own outputs before it ran';
      return { rule: 'step-order', message, next: 'Read "result" in "success" and "outputs".' };
    }
    // To need a step that itself waits for this one would only make a circle.
    if (order.before(id!).has(own!)) {
      const message = `"${id}" only starts after "${own}" has ended`;
      return { rule: 'step-order', message, next: `Move "${id}" above "${own}", or read an earlier step.` };
    }
    const message = `"${id}" has not ended for certain when "${own}" starts`;
    return { rule: 'step-order', message, next: `Add "${id}" to "needs" of "${own}".` };
  }
  if (field !== undefined && !stepFields.includes(field))
    return noField(field, `Write steps.${id}.outputs.${field} and declare it below "outputs" of "${id}".`);
  // Outputs that are no mapping, or not all of them, were told already.
  if (step.raw['outputs'] !== undefined && !isMapping(step.raw['outputs'])) return undefined;
  if (context.document.isPartial(step.raw['outputs'])) return undefined;
  const declared = Object.keys(step.raw['outputs'] ?? {});
  if (field === 'outputs' && output !== undefined && !declared.includes(output)) {
    const close = context.suggest(output, declared);
    const next = close === undefined ? `Declare it below "outputs" of "${id}".` : `Did you mean "${close}"?`;
    return { rule: 'output-undefined', message: `the step "${id}" has no output "${output}"`, next };
  }
  return undefined;
}
