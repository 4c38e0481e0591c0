import { afterEach, expect, it } from 'vitest';
import { failed, fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec } from './harness.ts';

let bench: Bench;
afterEach(() => bench.close());

const seen: unknown[] = [];
const act = fakeAction('act', (args) => {
  if ('saw' in args) seen.push(args['saw']);
  return args['fail'] === true ? failed() : ok({ v: 7 });
});
/** Fails by what it finds. */
const judge = fakeAction(
  'judge',
  (args) => {
    if (args['throws'] === true) throw new Error('it broke');
    return { status: 'failed', result: { v: 7 }, message: 'bad' };
  },
  { effect: 'read', findsFailure: true },
);
const outputs = { v: 'result.v' };

async function run(steps: Parameters<typeof stepSpec>[0][]) {
  seen.length = 0;
  bench = await openBench([act, judge]);
  return bench.clock.run(bench.engine.start(planOf([act, judge], steps.map(stepSpec)), { name: 'alice' }));
}

it('an output of a step that was skipped is null, and a condition can say what stands in for it', async () => {
  const end = await run([
    { id: 'find', uses: 'act', if: 'false', outputs },
    { id: 'use', uses: 'act', with: { saw: '${{ steps.find.outputs.v }}' } },
    { id: 'other', uses: 'act', with: { saw: '${{ steps.find.outputs.v == null ? 1 : steps.find.outputs.v }}' } },
    {
      id: 'unit',
      uses: 'act',
      with: { saw: '${{ steps.find.units["localhost"].outputs.v }}' },
      if: 'steps.find.status != "skipped"',
    },
    { id: 'last', uses: 'act', if: 'steps.find.outputs.v != null' },
  ]);
  expect(end.status).toBe('ok');
  expect(seen.map(String)).toEqual(['null', '1']);
  const rows = await bench.record.runs.journal(end.run);
  expect(rows.find((row) => row.step === 'last')?.status).toBe('skipped');
});

it('an output of a step that failed is null for what comes after it', async () => {
  await run([
    { id: 'find', uses: 'act', with: { fail: true }, onFailure: 'continue', outputs },
    { id: 'use', uses: 'act', with: { saw: '${{ steps.find.outputs.v }}' } },
  ]);
  expect(seen).toEqual([null]);
});

it('an output of a step that failed by what it found is there, also in a condition, and null when it broke', async () => {
  const last = [
    { id: 'tell', uses: 'act', always: true, if: 'steps.judge.outputs.v == 7', with: { saw: 'told' } },
    { id: 'use', uses: 'act', always: true, with: { saw: '${{ steps.judge.outputs.v }}' } },
  ];
  const end = await run([{ id: 'judge', uses: 'judge', outputs }, ...last]);
  expect(end).toMatchObject({ status: 'failed', message: 'judge: bad' });
  expect(seen.map(String)).toEqual(['told', '7']);
  await bench.close();
  await run([{ id: 'judge', uses: 'judge', with: { throws: true }, outputs }, ...last]);
  expect(seen).toEqual([null]);
});

it('a name that the step does not declare stays an error', async () => {
  const end = await run([
    { id: 'find', uses: 'act', if: 'false', outputs },
    { id: 'use', uses: 'act', with: { saw: '${{ steps.find.outputs.w }}' } },
  ]);
  expect(end.status).toBe('failed');
});

it('lists hold the units that ended well, and nothing for the others', async () => {
  const end = await run([
    { id: 'each', uses: 'act', forEach: [1, 2, 3], if: 'item != 2', outputs },
    { id: 'use', uses: 'act', with: { saw: '${{ steps.each.outputs.v }}' } },
  ]);
  expect(end.status).toBe('ok');
  expect(seen).toEqual([[7, 7]]);
});

it('a value that looks like an expression is a value: nobody evaluates it a second time', async () => {
  seen.length = 0;
  bench = await openBench([act]);
  const steps = [
    stepSpec({ id: 'a', uses: 'act', with: { saw: '${{ inputs.x }}' } }),
    stepSpec({
      id: 'b',
      uses: 'act',
      forEach: ['${{ 2 + 2 }}'],
      with: { saw: '${{ [item, target.vars.y] }}' },
      targets: ['web1'],
    }),
  ];
  const web1 = { name: 'web1', connection: 'local' as const, host: 'x', groups: [], vars: { y: '${{ 3 + 3 }}' } };
  const inventory = { sources: [], hosts: [web1] };
  const plan = planOf([act], steps, { inputs: { x: '${{ 1 + 1 }}' }, inventory });
  const end = await bench.clock.run(bench.engine.start(plan, { name: 'alice' }));
  expect(end.status).toBe('ok');
  expect(seen).toEqual(['${{ 1 + 1 }}', ['${{ 2 + 2 }}', '${{ 3 + 3 }}']]);
});
