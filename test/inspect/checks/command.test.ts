import { describe, expect, test } from 'vitest';
import { complaints, judged, makeCheck, shells } from '../../helpers/probe.ts';

describe.each(shells)('%s', (_name, shell) => {
  const make = (args: Record<string, unknown>, more = {}) => makeCheck('command', args, { shell, ...more });

  test('words reach the program as they are', async () => {
    const odd = ['$(touch x)', "o'neil", '"q" \\', '*', '-n', '王', ' lead', ''];
    const made = await make({
      argv: ['printf', '<%s>', ...odd],
      contains: odd.map((word) => `<${word}>`),
    });
    expect(made).toMatchObject({ state: 'pass', message: odd.map((word) => `<${word}>`).join('') });
  });

  test('exit codes', async () => {
    expect(await make({ argv: ['sh', '-c', 'echo no; echo why >&2; exit 3'] })).toMatchObject({
      state: 'fail',
      message: 'sh ended with exit code 3',
      details: ['no', 'why'],
    });
    expect((await make({ argv: ['sh', '-c', 'exit 3'], exitCodes: [0, 3] })).state).toBe('pass');
    // The code by which probes say that they make no sense here is a program's own as well.
    expect(await make({ argv: ['sh', '-c', 'echo late >&2; exit 124'] })).toMatchObject({
      state: 'fail',
      message: 'sh ended with exit code 124',
    });
    expect(await make({ argv: ['/no/such/program'] })).toMatchObject({
      state: 'error',
      message: '/no/such/program is not on the host, or cannot be started',
    });
  });

  test('what it prints, and a number in it', async () => {
    const argv = ['printf', 'queue: 12 jobs\nlast line without end'];
    expect(
      await make({ argv, contains: ['12 jobs', 'without end'], absent: ['13'], matches: ['^queue: \\d+'] }),
    ).toMatchObject({
      state: 'pass',
      message: 'queue: 12 jobs',
    });
    expect(await make({ argv, contains: ['13 jobs'], absent: ['queue'], matches: ['^jobs'] })).toMatchObject({
      state: 'fail',
      message:
        'the output of printf does not hold "13 jobs"; the output of printf holds "queue"; no line of the output of printf matches ^jobs',
    });
    const number = { pattern: 'queue: (\\d+)', name: 'jobs' };
    expect(await make({ argv, number: { ...number, warn: 10, fail: 20 } })).toMatchObject({
      state: 'warn',
      message: 'jobs is 12',
      measures: [{ name: 'jobs', value: 12, unit: '', warn: '10', fail: '20' }],
    });
    expect(await make({ argv, number: { pattern: 'queue: (\\w+ \\w+)' } })).toMatchObject({
      state: 'error',
      message: 'the output of printf has no number where queue: (\\w+ \\w+) looks',
    });
  });

  test('output without end is cut, and no answer', async () => {
    const made = await make({ argv: ['yes', 'x'.repeat(100)] });
    expect(made).toMatchObject({ state: 'error', message: 'yes prints more than is read' });
  });

  test('a program that hangs takes its time only', async () => {
    const made = await make({ argv: ['sleep', '600'] }, { timeoutMs: 300 });
    expect(made).toMatchObject({ state: 'error', message: 'no answer within 0.3 s' });
  });
});

test('lines that are no answer', () => {
  for (const output of ['', 'hello', 'exit', 'exit 0\nmore', 'exit 1234'])
    expect(judged('command', { argv: ['true'] }, output).state).toBe('error');
});

test('arguments', () => {
  expect(complaints('command', { argv: [] })).toHaveLength(1);
  expect(complaints('command', { argv: ['true'], matches: ['('] })).toEqual(['matches.0: not a regular expression']);
  expect(complaints('command', { argv: 'uptime' })).toHaveLength(1);
});
