import { describe, expect, it } from 'vitest';
import { parseInputFlags, requireInputs, resolveInputs } from '../../src/runbook/inputs.ts';
import type { InputSpec } from '../../src/runbook/types.ts';

const one = (spec: Partial<InputSpec> & Pick<InputSpec, 'type'>, given: { flag?: string; file?: unknown }) => {
  const { values, problems } = resolveInputs(
    { inputs: { x: { required: false, ...spec } } },
    {
      cwd: '/cwd',
      ...(given.flag === undefined ? {} : { flags: { x: given.flag } }),
      ...(given.file === undefined ? {} : { file: { x: given.file } }),
    },
    '/runbooks',
  );
  return problems[0] ? problems.map(({ message }) => message).join('; ') : values['x'];
};

describe('resolveInputs', () => {
  it.each<[string, Parameters<typeof one>[0], Parameters<typeof one>[1], unknown]>([
    ['a number as text', { type: 'integer' }, { flag: '5' }, 5],
    ['a bound', { type: 'integer', min: 1, max: 3 }, { flag: '5' }, 'the input "x" must be at most 3, not 5'],
    ['not whole', { type: 'integer' }, { file: 1.5 }, 'the input "x" must be a whole number, not 1.5'],
    ['true', { type: 'boolean' }, { flag: 'true' }, true],
    ['yes', { type: 'boolean' }, { flag: 'yes' }, 'the input "x" must be true or false, not "yes"'],
    ['a duration', { type: 'duration', max: 3_600_000 }, { flag: '20m' }, '20m'],
    [
      'a long duration',
      { type: 'duration', max: 3_600_000 },
      { flag: '2h' },
      'the input "x" must be at most 1 h 00 min, not 2 h 00 min',
    ],
    ['no unit', { type: 'duration' }, { flag: '20' }, 'the input "x" must be a duration, not "20"'],
    ['a size', { type: 'size' }, { flag: '64MiB' }, '64MiB'],
    ['a file given', { type: 'file' }, { flag: 'a.zip' }, '/cwd/a.zip'],
    ['a file by default', { type: 'file', default: 'b.zip' }, {}, '/runbooks/b.zip'],
    [
      'one of',
      { type: 'enum', values: ['blue', 'green'] },
      { flag: 'gren' },
      'the input "x" is "gren", not one of blue, green',
    ],
    [
      'a pattern is anchored',
      { type: 'string', pattern: 'a|b' },
      { flag: 'xb' },
      'the input "x" is "xb", which does not match a|b',
    ],
    [
      'the secret itself',
      { type: 'secret' },
      { flag: 'hunter2' },
      'the input "x" must be a reference to a secret, not the secret',
    ],
    ['a reference', { type: 'secret' }, { flag: 'env:PW' }, 'env:PW'],
    ['nothing', { type: 'string' }, {}, null],
    ['missing', { type: 'string', required: true }, {}, 'the input "x" is missing'],
    ['the flag wins', { type: 'string' }, { flag: 'a', file: 'b' }, 'a'],
  ])('%s', (_name, spec, given, expected) => {
    expect(one(spec, given)).toBe(expected);
  });

  it('tells all problems, with the nearest name, and exits 2', () => {
    const inputs = { reason: { type: 'string', required: true }, count: { type: 'integer', required: false } } as const;
    expect(() => requireInputs({ inputs }, { cwd: '/', flags: { raeson: 'x', count: 'many' } })).toThrow(
      expect.objectContaining({
        code: 'inputs-invalid',
        exitCode: 2,
        message:
          'the runbook has no input "raeson"; the input "reason" is missing; the input "count" must be a whole number, not "many"',
        next: 'Did you mean "reason"? Give it with -i reason=VALUE.',
      }),
    );
  });
});

describe('parseInputFlags', () => {
  it('splits at the first =', () => {
    expect(parseInputFlags(['a=b=c', 'd='])).toEqual({ a: 'b=c', d: '' });
    expect(() => parseInputFlags(['nonsense'])).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});
