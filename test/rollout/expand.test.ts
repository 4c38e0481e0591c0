import { describe, expect, it } from 'vitest';
import { makeBatches } from '../../src/rollout/batches.ts';
import { expandRollout } from '../../src/rollout/expand.ts';
import { rolloutKind } from '../../src/rollout/rollout-kind.ts';
import { rolloutSpecSchema } from '../../src/rollout/schema.ts';
import { users } from './rolling.ts';

/** What each step needs, of a rollout with one user in each batch. */
function needsOf(written: Record<string, unknown>, batches = 2): Record<string, string[] | undefined> {
  const spec = rolloutSpecSchema.parse({
    population: { from: 'csv', file: 'users.csv', id: 'login' },
    batches: { sizes: [1] },
    steps: [{ id: 'apply', uses: 'exec' }],
    ...written,
  });
  const steps = expandRollout(spec, makeBatches(users(batches), [1]));
  return Object.fromEntries(steps.map(({ id, needs }) => [id, needs]));
}

describe('the order of a rollout', () => {
  it('lets no step and no batch begin before the preconditions hold, whatever its "needs" say', () => {
    const needs = needsOf({
      preconditions: [{ what: 'backup', runbook: 'nightly' }],
      before: [
        { id: 'tell', uses: 'exec', needs: [] },
        { id: 'freeze', uses: 'exec', needs: [] },
      ],
    });
    expect(needs).toMatchObject({
      tell: ['pre-backup'],
      freeze: ['pre-backup'],
      'b1-apply': ['tell', 'freeze'],
      'b2-apply': ['b1-apply'],
    });
  });

  it('waits for nothing that only a failure reaches', () => {
    const needs = needsOf({
      before: [
        { id: 'freeze', uses: 'exec', onFailure: 'step:thaw' },
        { id: 'thaw', uses: 'exec' },
        { id: 'say', uses: 'exec', needs: 'thaw' },
      ],
      steps: [
        { id: 'apply', uses: 'exec', onFailure: 'step:repair' },
        { id: 'repair', uses: 'exec' },
        { id: 'tell', uses: 'exec', needs: 'repair' },
      ],
      gates: [{ id: 'health', uses: 'exec' }],
    });
    expect(needs).toMatchObject({
      'b1-apply': ['freeze'],
      'b1-tell': ['b1-repair'],
      'b1-health': ['b1-apply'],
      'b2-apply': ['b1-health'],
    });
  });

  it('begins what comes after when all of the watch is over', () => {
    const needs = needsOf({
      watch: {
        gates: [
          { id: 'one', uses: 'exec' },
          { id: 'two', uses: 'exec' },
        ],
      },
      after: [
        { id: 'thaw', uses: 'exec', needs: [] },
        { id: 'tell', uses: 'exec', needs: [] },
      ],
    });
    expect(needs).toMatchObject({ thaw: ['watch-one', 'watch-two'], tell: ['watch-one', 'watch-two'] });
  });
});

it('takes no pause that never ends, and no step for each member that goes on beyond the budget', () => {
  expect(() => needsOf({ watch: { every: '0s', gates: [{ id: 'one', uses: 'exec' }] } })).toThrow('shorter than 1s');
  const spec = rolloutSpecSchema.parse({
    population: { from: 'csv', file: 'users.csv', id: 'login' },
    batches: { sizes: [1] },
    steps: [{ id: 'apply', uses: 'exec', forEach: 'batch.ids', onFailure: 'continue' }],
  });
  const rules: string[] = [];
  rolloutKind.rules!(spec, ({ rule }) => rules.push(rule));
  expect(rules).toContain('rollout-continue');
});

it('takes no step that waits for, or is mended by, a step that is done another number of times', () => {
  const spec = rolloutSpecSchema.parse({
    population: { from: 'csv', file: 'users.csv', id: 'login' },
    batches: { sizes: [1] },
    before: [{ id: 'freeze', uses: 'exec', onFailure: 'step:repair' }],
    steps: [
      { id: 'apply', uses: 'exec', needs: 'freeze' },
      { id: 'next', uses: 'exec', needs: 'health' },
      { id: 'repair', uses: 'exec' },
    ],
    gates: [{ id: 'health', uses: 'exec' }],
    after: [{ id: 'tell', uses: 'exec', needs: 'apply' }],
  });
  const found: string[] = [];
  rolloutKind.rules!(spec, ({ rule, path }) => rule === 'rollout-reach' && found.push(path.join('.')));
  expect(found).toEqual(['spec.before.0.onFailure', 'spec.steps.1.needs', 'spec.after.0.needs']);
});
