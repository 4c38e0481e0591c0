import { expect, test } from 'vitest';
import { actionsByName } from '../../src/actions/registry.ts';
import type { Plan } from '../../src/engine/plan/plan-types.ts';
import { askSecrets, promptedSecrets, refusePromptsThatWait } from '../../src/engine/plan/prompted-secrets.ts';

/** The parts of a plan that are looked at. */
function planOf(parts: { steps?: object[]; inputs?: object; hosts?: object[] }): Plan {
  const step = { id: 'a', uses: 'exec', targets: ['localhost'], units: [], rawWith: {} };
  const steps = (parts.steps ?? [{}]).map((given) => ({ ...step, ...given }));
  return { inputs: parts.inputs ?? {}, steps, inventory: { sources: [], hosts: parts.hosts ?? [] } } as unknown as Plan;
}

test('secrets of inputs, steps and hosts are found, each once; other texts and idle hosts are not asked about', () => {
  const plan = planOf({
    inputs: { token: { secret: 'prompt:Token' }, note: 'prompt: no secret', empty: { secret: 'prompt:' } },
    steps: [
      { rawWith: { argv: ['prompt: no secret'], env: { A: { secret: 'prompt:Token' } }, stdin: { secret: 'env:X' } } },
      { id: 'b', become: { method: 'sudo', user: 'root', password: 'prompt: sudo on web1 ' }, targets: ['web1'] },
      { id: 'c', undo: { uses: 'exec', with: { env: { B: { secret: 'prompt:Undo' } } } } },
      { id: 'd', rawWith: { sources: [{ host: 'db1', password: 'prompt:Database' }] } },
    ],
    hosts: [
      { name: 'web1', password: 'prompt:Login of web1' },
      { name: 'db1', become: { method: 'su', user: 'root', password: 'prompt:root of db1' } },
      { name: 'idle', password: 'prompt:Idle' },
    ],
  });
  expect(promptedSecrets(plan)).toEqual([
    { ref: 'prompt:Token', question: 'Token' },
    { ref: 'prompt:', question: 'secret input "empty"' },
    { ref: 'prompt: sudo on web1 ', question: 'sudo on web1' },
    { ref: 'prompt:Undo', question: 'Undo' },
    { ref: 'prompt:Database', question: 'Database' },
    { ref: 'prompt:Login of web1', question: 'Login of web1' },
    { ref: 'prompt:root of db1', question: 'root of db1' },
  ]);
});

test('a run that can wait by a step, its undo or its verify is refused; one without prompts is not', () => {
  const inputs = { token: { secret: 'prompt:Token' } };
  const refused = expect.objectContaining({ code: 'secret-prompt-waits', exitCode: 2 });
  const attempt = (steps: object[], given: object = inputs) => {
    try {
      refusePromptsThatWait(planOf({ inputs: given, steps }), actionsByName);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  for (const uses of ['manual.confirm', 'manual.input', 'approval', 'wait'])
    expect(attempt([{ uses }])).toEqual(refused);
  expect(attempt([{ undo: { uses: 'manual.confirm', with: {} } }])).toEqual(refused);
  expect(attempt([{ verify: { uses: 'manual.confirm', with: {} } }])).toEqual(refused);
  expect(attempt([{}])).toBeUndefined();
  expect(attempt([{ uses: 'wait' }], {})).toBeUndefined();
});

test('each is asked once in a process; without a terminal nothing starts', async () => {
  const plan = planOf({ inputs: { a: { secret: 'prompt:A' }, b: { secret: 'prompt:B' } } });
  const answers = new Map<string, string>();
  await expect(askSecrets(plan, answers, undefined)).rejects.toMatchObject({
    code: 'secret-prompt-no-terminal',
    exitCode: 4,
    next: expect.stringContaining('env:'),
  });
  const asked: string[] = [];
  const password = async (question: string) => {
    asked.push(question);
    return `value of ${question}`;
  };
  await askSecrets(plan, answers, password);
  await askSecrets(plan, answers, password);
  expect(asked).toEqual(['A', 'B']);
  expect(answers.get('prompt:B')).toBe('value of B');
});
