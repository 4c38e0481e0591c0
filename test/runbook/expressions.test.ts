import { describe, expect, it } from 'vitest';
import { compileExpression, evaluateExpression, templateSource } from '../../src/runbook/expressions.ts';

const context = {
  inputs: { count: 5, ratio: 1.5, limit: '20m', host: 'db1' },
  steps: { 'copy-files': { status: 'ok', outputs: { size: 7 } } },
  item: null,
  result: { exitCode: 0, stdout: `${'a'.repeat(40)}b`, list: [1, 2] },
};
const value = (source: string) => evaluateExpression(source, context, { timeoutMs: 200 });

describe('values', () => {
  it.each<[string, unknown]>([
    ['inputs.count + 1', 6],
    ['inputs.count * inputs.ratio', 7.5],
    ['inputs.count > 4.5', true],
    ['result.exitCode == 0', true],
    ['milliseconds(inputs.limit)', 1_200_000],
    ['sizeBytes("64MiB")', 67_108_864],
    ['steps["copy-files"].outputs.size', 7],
    ['result.list.map(x, x * 2)', [2, 4]],
    ['{"a": [1, 2.5, "x"], "b": null}', { a: [1, 2.5, 'x'], b: null }],
    ['timestamp("2026-01-31T00:00:00Z")', '2026-01-31T00:00:00.000Z'],
    ['b"abc"', 'YWJj'],
    ['has(inputs.other)', false],
    ['item', null],
    ['"oa-" + inputs.host', 'oa-db1'],
  ])('%s', (source, expected) => {
    expect(value(source)).toEqual(expected);
  });

  it.each([
    ['9223372036854775807', 'too large to keep exactly'],
    ['1.0 / 0.0', 'not a number'],
    ['inputs.nonsense', 'no such key: nonsense'],
    ['inputs.__proto__', 'no such key: __proto__'],
    ['inputs.constructor', 'no such key: constructor'],
    ['target.name', '"target" is not known at this place'],
    ['milliseconds("soon")', '"soon" is not a duration'],
  ])('%s fails with its reason', (source, reason) => {
    expect(() => value(source)).toThrow(
      expect.objectContaining({ code: 'expression-failed', message: expect.stringContaining(reason) }),
    );
  });

  it('ends an expression that would run for years', () => {
    expect(() => value('result.stdout.matches("^(a+)+$")')).toThrow(/gave no value within 200 ms/);
    // The next one is not hurt by it.
    expect(value('1 + 1')).toBe(2);
  });
});

describe('which expressions are watched', () => {
  const bounded = (source: string) => {
    const compiled = compileExpression(source);
    return compiled.ok && compiled.expression.bounded;
  };

  it('not those that can only be as slow as their data is large', () => {
    for (const source of [
      'item',
      'inputs.a == "x" && !(item in [1, 2])',
      'has(steps.a) ? size(steps.a) : -1',
      'steps["a"].outputs.v[0] + string(item)',
    ])
      expect(bounded(source), source).toBe(true);
  });

  it('those that loop, match, or call anything else, wherever it stands', () => {
    for (const source of [
      'item.matches("(a+)+$")',
      '[1].map(n, n)',
      '{"a": [item.exists(n, n > 1)]}',
      'item ? 1 : milliseconds("1s")',
      'inputs[string(item.split(","))]',
    ])
      expect(bounded(source), source).toBe(false);
  });
});

describe('what an expression reads', () => {
  const steps = {
    a: { status: 'ok', outputs: { v: [1, 2], w: { x: 5 } }, units: { 'web1.0': { outputs: { v: 1 } } } },
    'b-c': { status: 'failed', outputs: { v: null } },
    get huge(): unknown {
      throw new Error('nobody asked for this step');
    },
  };

  it('is what it names, and nothing beside it', () => {
    const values: Record<string, unknown> = {
      'steps.a.outputs.v': [1, 2],
      'steps.a.outputs.v.map(n, n + size(steps.a.status))': [3, 4],
      'steps.a.outputs.w.x + steps.a.outputs.v[1]': 7,
      'steps["b-c"].status == "ok" ? 1 : steps.a.outputs.w.x': 5,
      'steps.a.units["web1.0"].outputs.v': 1,
      'steps.a.outputs': { v: [1, 2], w: { x: 5 } },
      'steps.a.outputs[inputs.which].x': 5,
      'has(steps.a.outputs.none)': false,
      'has(steps.a.outputs.w.x)': true,
      'steps["b-c"].outputs.v == null': true,
      'size(steps.a.outputs)': 2,
    };
    for (const [source, value] of Object.entries(values))
      expect(evaluateExpression(source, { steps, inputs: { which: 'w' } }), source).toEqual(value);
  });

  it('is everything when the name is only known when it is evaluated', () => {
    expect(() => evaluateExpression('steps[inputs.which].status', { steps, inputs: { which: 'a' } })).toThrow(
      'nobody asked',
    );
    const { huge: _, ...quiet } = Object.getOwnPropertyDescriptors(steps);
    const others = Object.defineProperties({}, quiet) as typeof steps;
    expect(evaluateExpression('steps[inputs.which].status', { steps: others, inputs: { which: 'a' } })).toBe('ok');
    expect(evaluateExpression('size(steps)', { steps: others })).toBe(2);
  });

  it('is an error where there is no such name, at every depth', () => {
    for (const source of ['steps.none.status', 'steps.a.outputs.none', 'steps.a.outputs.w.none', 'steps.a.status.none'])
      expect(() => evaluateExpression(source, { steps }), source).toThrow();
  });
});

describe('compileExpression', () => {
  const references = (source: string) => {
    const compiled = compileExpression(source);
    return compiled.ok
      ? compiled.expression.references.map(({ root, path, dynamic }) =>
          [root, ...path, ...(dynamic ? ['*'] : [])].join('.'),
        )
      : compiled.problem;
  };

  it('names what is read, and not what macros bind', () => {
    expect(references('inputs.a + steps["b-c"].outputs.d')).toEqual(['inputs.a', 'steps.b-c.outputs.d']);
    expect(references('steps[inputs.which].status')).toEqual(['inputs.which', 'steps.*']);
    expect(references('[1].exists(item, item == inputs.a)')).toEqual(['inputs.a']);
    expect(references('has(inputs.a) ? run.id : "x"')).toEqual(['inputs.a', 'run.id']);
  });

  it.each([
    ['inputs.a and true', { rule: 'expression-syntax', start: 9, next: 'Write && for and, || for or, ! for not.' }],
    ['inputs.a = 1', { rule: 'expression-syntax', start: 9, next: 'Write == to compare.' }],
    ['inputs.a +', { rule: 'expression-syntax', message: 'the expression ends too early' }],
    [
      'steps.copy-files.status',
      { rule: 'expression-name', next: 'Write a step id with a hyphen in brackets: steps["copy-files"].' },
    ],
    ['"a" + 1', { rule: 'expression-type' }],
    ['', { rule: 'expression-syntax', message: 'the expression is empty' }],
    ['1 + '.repeat(2000), { rule: 'expression-syntax' }],
  ])('refuses %s', (source, problem) => {
    expect(references(source)).toMatchObject(problem);
  });
});

describe('templateSource', () => {
  it('takes whole values only', () => {
    expect(templateSource(' ${{ inputs.a }}\n')).toBe('inputs.a');
    expect(templateSource('${{ {"a": {"b": 1}} }}')).toBe('{"a": {"b": 1}}');
    for (const other of ['x ${{ inputs.a }}', '${{ a }}-${{ b }}', 'inputs.a', '${{ a', 7, null, undefined])
      expect(templateSource(other)).toBeUndefined();
  });
});
