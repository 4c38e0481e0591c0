import type { KindDefinition, Report } from '../runbook/types.ts';
import { expandRollout } from './expand.ts';
import { type RolloutSpec, rolloutSpecSchema } from './schema.ts';

/** A change that reaches a population batch by batch (UP-05 to UP-07). */
export const rolloutKind: KindDefinition = {
  kind: 'Rollout',
  title: { en: 'Rollout', 'zh-CN': '分批升级' },
  specSchema: rolloutSpecSchema,
  stepPaths: [
    ['spec', 'before'],
    ['spec', 'steps'],
    ['spec', 'gates'],
    ['spec', 'watch', 'gates'],
    ['spec', 'after'],
    ['spec', 'finally'],
  ],
  batchPaths: [
    ['spec', 'steps'],
    ['spec', 'gates'],
  ],
  expand: (spec) => expandRollout(spec as RolloutSpec, [1]),
  rules: (spec, report) => checkRollout(spec as RolloutSpec, report),
  template: 'rollout.yaml',
};

function checkRollout(spec: RolloutSpec, report: Report): void {
  const undoable = spec.steps.some((step) => step.undo);
  if (spec.rollback.mode !== 'none' && !undoable) {
    report({
      rule: 'rollout-no-undo',
      severity: 'warning',
      message: 'no step of a batch has an "undo": there is nothing that a rollback could do',
      next: 'Add "undo" to the steps, or write "rollback: {mode: none}" when the change cannot be taken back.',
      path: ['spec', 'steps'],
    });
  }
  if (spec.gates.length === 0) {
    report({
      rule: 'rollout-no-gate',
      severity: 'warning',
      message: 'no gate looks at the system after a batch (UP-06)',
      next: 'Add "gates": a request to the application, a query, a question to a person.',
      path: ['spec'],
    });
  }
  for (const list of ['before', 'steps', 'gates', 'after', 'finally'] as const) {
    const inBatches = list === 'steps' || list === 'gates';
    for (const [index, { id }] of (spec[list] ?? []).entries()) {
      if (!(inBatches ? /^pre-/ : /^(b\d+|watch|pre)-/).test(id)) continue;
      report({
        rule: 'rollout-step-id',
        message: `the id "${id}" looks like one that a rollout gives to the steps of batches, watches and preconditions`,
        next: 'Choose an id that does not begin with "b<number>-", "watch-" or "pre-".',
        path: ['spec', list, index, 'id'],
      });
    }
  }
  checkReach(spec, report);
  for (const [index, step] of spec.steps.entries()) {
    const eachMember = typeof step.forEach === 'string' && /\bbatch\b/.test(step.forEach);
    if (step.onFailure === 'continue' && (eachMember || step.targets?.includes('batch'))) {
      report({
        rule: 'rollout-continue',
        message: '"onFailure: continue" would go on beyond the budget',
        next: 'Leave it out, and write in "budget" how many members may fail.',
        path: ['spec', 'steps', index, 'onFailure'],
      });
    }
    if (step.targets?.includes('batch') && spec.population.from !== 'inventory') {
      report({
        rule: 'rollout-batch-targets',
        message: '"targets: batch" is for a population of hosts',
        next: 'Name the hosts, and give them the members: "stdin: ${{ batch.lines }}".',
        path: ['spec', 'steps', index, 'targets'],
      });
    }
  }
}

/** A step is done once, or once for each batch: what it needs, and what mends it, must be there just as often. */
function checkReach(spec: RolloutSpec, report: Report): void {
  const first = new Set((spec.before ?? []).map(({ id }) => id));
  for (const list of ['before', 'steps', 'after', 'finally'] as const) {
    const steps = spec[list] ?? [];
    const own = new Set(steps.map(({ id }) => id));
    for (const [index, { needs = [], onFailure }] of steps.entries()) {
      const handler = onFailure.startsWith('step:') ? onFailure.slice(5) : undefined;
      const far = needs.find((id) => !own.has(id) && !first.has(id));
      const found = far ?? (handler === undefined || own.has(handler) ? undefined : handler);
      if (found === undefined) continue;
      report({
        rule: 'rollout-reach',
        message:
          far === undefined ? `"${found}" is no step of "${list}"` : `"${found}" is no step of "before" or "${list}"`,
        next: 'What comes after the batches, or after a gate, waits for all of them by itself.',
        path: ['spec', list, index, far === undefined ? 'onFailure' : 'needs'],
      });
    }
  }
}
