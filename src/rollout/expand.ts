import type { PlannedBatch } from '../engine/plan/plan-types.ts';
import { defaultRetry } from '../runbook/schema/steps.ts';
import type { LocalizedText, StepSpec, Tolerance } from '../runbook/types.ts';
import { toleranceOf } from './budget.ts';
import { type GateStep, watchGate } from './gates.ts';
import type { Precondition } from './preconditions.ts';
import type { RolloutSpec } from './schema.ts';

/**
 * The steps of a rollout: those before, then for each batch its steps and gates, then the watch, then those after. A batch begins when every step
 * and gate of the one before has ended well. `sizes`: of the batches; validation knows none and takes one.
 */
export function expandRollout(spec: RolloutSpec, batches: readonly PlannedBatch[] | readonly [1]): StepSpec[] {
  const sizes = batches.map((batch) => (batch === 1 ? 1 : batch.members.length));
  const conditions = preconditionSteps(spec);
  const again = conditions.filter((step) => heldAgain.has((step.with as Precondition).what));
  const before = lineUp(spec.before ?? [], conditions.length > 0 ? [conditions.at(-1)!.id] : []);
  const steps = [...conditions, ...before.steps];
  let barrier = before.ends;
  for (const [index, batch] of batches.entries()) {
    const made = batchSteps(spec, index + 1, batch === 1 ? [] : batch.members.map(({ id }) => id), {
      barrier,
      again,
      tolerance: toleranceOf(spec.budget, sizes[index]!, sizes),
    });
    steps.push(...made.steps);
    barrier = made.ends;
  }
  if (spec.watch) {
    const watch = { durationMs: spec.watch.duration, everyMs: spec.watch.every };
    const gates = spec.watch.gates.map((gate) => ({
      ...gateStep(watchGate(gate, watch), `watch-${gate.id}`, spec),
      needs: barrier,
    }));
    steps.push(...gates);
    barrier = gates.map(({ id }) => id);
  }
  const after = lineUp(spec.after ?? [], barrier).steps;
  const cleanup = (spec.finally ?? []).map((step) => ({ ...step, always: true }));
  return [...steps, ...after, ...cleanup];
}

/** What can come to an end while a rollout goes on is looked at again before each batch. */
const heldAgain = new Set<Precondition['what']>(['window', 'package']);

/** One step each, so that each can be overridden by itself. */
function preconditionSteps({ preconditions, overrides }: RolloutSpec): StepSpec[] {
  const twice = new Map<string, number>();
  return preconditions.map((condition): StepSpec => {
    const number = (twice.get(condition.what) ?? 0) + 1;
    twice.set(condition.what, number);
    return {
      id: `pre-${condition.what}${number > 1 ? `-${number}` : ''}`,
      name: preconditionNames[condition.what],
      uses: 'patch.require',
      with: { ...condition },
      parallel: 1,
      outputs: {},
      retry: defaultRetry,
      onFailure: 'stop',
      idempotent: true,
      ...(overrides.approval === 'required' ? { secondPerson: true as const } : {}),
    };
  });
}

const preconditionNames: Record<Precondition['what'], LocalizedText> = {
  package: { en: 'The package is the right one', 'zh-CN': '升级包正确' },
  'test-rounds': { en: 'Enough test rounds', 'zh-CN': '测试轮次足够' },
  rehearsal: { en: 'The rollback was rehearsed', 'zh-CN': '回滚已演练' },
  risk: { en: 'The risk is low enough', 'zh-CN': '风险足够低' },
  notice: { en: 'The users were told', 'zh-CN': '已通知用户' },
  window: { en: 'The change window is open', 'zh-CN': '处于变更窗口' },
  backup: { en: 'There is a fresh backup', 'zh-CN': '有最新备份' },
};

/** The id of a step of a batch in plans and journals. */
export function batchStepId(batch: number, id: string): string {
  return `b${batch}-${id}`;
}

function batchSteps(
  spec: RolloutSpec,
  batch: number,
  members: readonly string[],
  place: { barrier: string[]; again: readonly StepSpec[]; tolerance: Tolerance },
): { steps: StepSpec[]; ends: string[] } {
  let barrier = place.barrier;
  const holds = place.again.map((condition): StepSpec => {
    const step = { ...condition, id: batchStepId(batch, condition.id), batch, hold: condition.id, needs: barrier };
    barrier = [step.id];
    return step;
  });
  const own = new Set(spec.steps.map(({ id }) => id));
  const rename = (id: string) => (own.has(id) ? batchStepId(batch, id) : id);
  const line = lineUp(
    spec.steps.map((step) => ({
      ...step,
      id: rename(step.id),
      ...(step.needs === undefined ? {} : { needs: step.needs.map(rename) }),
      onFailure: step.onFailure.startsWith('step:')
        ? (`step:${rename(step.onFailure.slice(5))}` as const)
        : step.onFailure,
    })),
    barrier,
  );
  const work = line.steps.map((step): StepSpec => {
    const onHosts = step.targets?.includes('batch') === true;
    const fansOut = onHosts || (typeof step.forEach === 'string' && /\bbatch\.(members|ids)\b/.test(step.forEach));
    const onFailure = step.onFailure === 'stop' && spec.rollback.mode !== 'none' ? 'undo' : step.onFailure;
    return {
      ...step,
      batch,
      onFailure,
      ...(onHosts
        ? { targets: [...new Set(step.targets!.flatMap((name) => (name === 'batch' ? members : [name])))] }
        : {}),
      ...(fansOut ? { tolerance: place.tolerance } : {}),
      ...(step.undo
        ? { undo: { ...step.undo, scope: spec.rollback.scope, mode: spec.rollback.mode === 'ask' ? 'ask' : 'auto' } }
        : {}),
    };
  });
  const steps = [...holds, ...work];
  let ends = line.ends;
  for (const { afterBatches, ...gate } of spec.gates) {
    if (afterBatches && !afterBatches.includes(batch)) continue;
    const made = { ...gateStep(gate, batchStepId(batch, gate.id), spec), batch, needs: ends };
    steps.push(made);
    ends = [made.id];
  }
  return { steps, ends };
}

function gateStep({ timeout, name, ...gate }: GateStep, id: string, spec: RolloutSpec): StepSpec {
  return {
    ...gate,
    id,
    name: name ?? { en: gate.id },
    parallel: 1,
    outputs: {},
    retry: defaultRetry,
    onFailure: spec.rollback.mode === 'none' ? 'stop' : 'undo',
    idempotent: true,
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
  };
}

/**
 * The needs of a list of steps that begins when `barrier` has ended well: nothing in it begins before that, whatever its `needs` say. `ends`: what
 * the next list waits for, which is all of it but handlers and what follows them: those are only reached by a failure.
 */
function lineUp(written: readonly StepSpec[], barrier: string[]): { steps: StepSpec[]; ends: string[] } {
  const aside = new Set(
    written.flatMap(({ onFailure }) => (onFailure.startsWith('step:') ? [onFailure.slice(5)] : [])),
  );
  const handlers = new Set(aside);
  let previous = barrier;
  const steps = written.map((step): StepSpec => {
    if (step.needs?.some((id) => aside.has(id))) aside.add(step.id);
    const needs = handlers.has(step.id)
      ? (step.needs ?? [])
      : step.needs === undefined
        ? previous
        : aside.has(step.id)
          ? step.needs
          : [...new Set([...barrier, ...step.needs])];
    if (!aside.has(step.id)) previous = [step.id];
    return { ...step, needs };
  });
  const line = steps.filter(({ id }) => !aside.has(id)).map(({ id }) => id);
  return { steps, ends: line.length > 0 ? line : barrier };
}
