import { type Effect, strongerEffect } from '../../core/effects.ts';
import { messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { digestOf } from '../../core/json.ts';
import type { ActionSchema, Runbook, StepSpec } from '../../runbook/types.ts';
import { mayAskForApproval } from '../people/approvals.ts';
import type { Inventory, Target } from '../ports.ts';
import {
  evaluateOrDefer,
  hasDeferred,
  isDeferred,
  kindOf,
  resolveValues,
  rootsOf,
  showDeferred,
} from '../run/values.ts';
import type { Deferred, Plan, PlannedBatch, PlannedStep, PlannedUnit } from './plan-types.ts';
import { planSchemaVersion } from './plan-version.ts';
import { localTarget, selectTargets } from './targets.ts';

/** The part of an action that planning needs. */
export interface PlannedAction extends ActionSchema {
  describe(args: never): string;
}

export interface PlanRequest {
  runbook: Runbook;
  /** Resolved by type; secrets are `{ secret: <ref> }`, files `{ path, sha256 ... }`. */
  inputs: Record<string, unknown>;
  inventory: Inventory;
  actions: ReadonlyMap<string, PlannedAction>;
  /** ISO UTC. */
  createdAt: string;
  oaopsVersion: string;
  /** Selectors of `--limit`. */
  limit?: string[];
  /** Of a rollout; the runbook's steps name them by their numbers. */
  batches?: PlannedBatch[];
  allowedSigners?: { path: string; sha256: string };
}

/**
 * Runbook + inputs + inventory + catalogue -> plan. Pure: reads no clock, no file, no network.
 * @throws OaopsError `target-unknown`, `action-unknown`, `arguments-invalid`, `expression-failed` (exit 2)
 */
export function makePlan(request: PlanRequest): Plan {
  const { runbook, inventory } = request;
  const limit = request.limit ?? [];
  const limited = limit.length > 0 ? new Set(selectTargets(limit, inventory).map((target) => target.name)) : undefined;
  const handlers = new Set(
    runbook.steps.flatMap((step) => (step.onFailure.startsWith('step:') ? [step.onFailure.slice(5)] : [])),
  );

  // Handlers and what needs them stand aside of the main line: nobody follows them just by being written after them.
  const cleanup = runbook.steps.filter((step) => step.always).map((step) => step.id);
  const aside = new Set([...handlers, ...cleanup]);
  let previous: string | undefined;
  const steps = runbook.steps.map((step) => {
    const handler = handlers.has(step.id);
    const needs = step.always ? [] : (step.needs ?? (handler || previous === undefined ? [] : [previous]));
    if (needs.some((id) => aside.has(id))) aside.add(step.id);
    if (!aside.has(step.id)) previous = step.id;
    return planStep(step, { needs, handler, limited }, request);
  });

  const body: Omit<Plan, 'digest' | 'createdAt'> = {
    planVersion: 1,
    oaopsVersion: request.oaopsVersion,
    // A version that does not know cleanup steps would leave them out.
    schemaVersion: request.batches ? planSchemaVersion : cleanup.length > 0 ? '1.1' : '1.0',
    runbook: {
      name: runbook.metadata.name,
      version: runbook.metadata.version,
      kind: runbook.kind,
      title: runbook.metadata.title,
      procedures: runbook.metadata.procedures,
      file: runbook.source.file,
      sha256: runbook.source.sha256,
      text: runbook.source.text,
    },
    inputs: request.inputs,
    inventory,
    maxParallelSteps: runbook.maxParallelSteps,
    limit,
    steps,
    ...(request.batches ? { batches: request.batches } : {}),
    ...(request.allowedSigners && steps.some(mayAskForApproval) ? { allowedSigners: request.allowedSigners } : {}),
  };
  // Through JSON, so that a plan read back from the record or a file is the same to the last member.
  const stored = { ...throughJson({ ...body, steps: [] }), steps: steps.map(storedStep) };
  return { ...stored, digest: digestOf(stored), createdAt: request.createdAt };
}

/** Unit by unit: the text of 20,000 at once would be several times as large as they are. */
function storedStep(step: PlannedStep): PlannedStep {
  if (isDeferred(step.units)) return throughJson(step);
  return { ...throughJson({ ...step, units: [] }), units: step.units.map(throughJson) };
}

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** The digest a plan must have: over everything but the digest itself and the time of planning. */
export function planDigest(plan: Plan): string {
  const { digest: _digest, createdAt: _createdAt, ...body } = plan;
  return digestOf(body);
}

/** The strongest effect of a plan's steps. */
export function planEffect(plan: Plan): Effect {
  return plan.steps
    .filter((step) => step.condition !== false)
    .reduce<Effect>((all, step) => strongerEffect(all, step.effect), 'read');
}

/** Scope of expressions before the run: what is known without running anything. */
export function planScope(
  plan: Pick<Plan, 'inputs' | 'runbook'>,
  target?: Target,
  item?: unknown,
): Record<string, unknown> {
  return {
    inputs: inputScope(plan.inputs),
    run: { runbook: plan.runbook.name, version: plan.runbook.version, kind: plan.runbook.kind },
    target: targetScope(target ?? localTarget),
    item: item ?? null,
  };
}

/** Inputs as expressions see them: a file is its path, a secret its reference. */
function inputScope(inputs: Record<string, unknown>): Record<string, unknown> {
  const seen = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if ('secret' in value) return value.secret;
    return 'path' in value && 'sha256' in value ? value.path : value;
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, seen(value)]));
}

/** What an expression sees of a target. */
export function targetScope(target: Target): Record<string, unknown> {
  return {
    name: target.name,
    host: target.host,
    port: target.port ?? 22,
    user: target.user ?? '',
    groups: target.groups,
    vars: target.vars,
  };
}

/**
 * The units of a step, target by target and item by item.
 * Used for plans, and while running for steps whose `forEach` was deferred.
 */
export function makeUnits(
  step: Pick<PlannedStep, 'id' | 'uses' | 'targets' | 'rawWith' | 'batch'>,
  items: unknown[] | undefined,
  context: { plan: Pick<Plan, 'inputs' | 'runbook' | 'inventory'>; action: PlannedAction },
): PlannedUnit[] {
  return step.targets.flatMap((name) => {
    const target = findTarget(context.plan.inventory, name);
    return (items ?? [undefined]).map((item, index) => {
      const args = resolveValues(step.rawWith, planScope(context.plan, target, item)) as Record<string, unknown>;
      return {
        id: items === undefined ? name : `${name}.${index}`,
        target: name,
        ...(items === undefined ? {} : { item }),
        with: args,
        summary: summaryOf(step, args, context.action),
        ...(step.batch === undefined ? {} : { batch: step.batch }),
      };
    });
  });
}

/** A target of the plan by name. */
export function findTarget(inventory: Inventory, name: string): Target {
  return inventory.hosts.find((host) => host.name === name) ?? localTarget;
}

function planStep(
  step: StepSpec,
  place: { needs: string[]; handler: boolean; limited: Set<string> | undefined },
  request: PlanRequest,
): PlannedStep {
  const { inventory, actions } = request;
  const action = actions.get(step.uses);
  if (!action) {
    throw usageError('action-unknown', `step "${step.id}" uses "${step.uses}", which does not exist`, {
      next: 'Run "oaops runbook validate" to see all findings.',
    });
  }
  const plan = {
    inputs: request.inputs,
    inventory,
    runbook: {
      name: request.runbook.metadata.name,
      version: request.runbook.metadata.version,
      kind: request.runbook.kind,
    } as Plan['runbook'],
  };
  const acting = action.usesTargets && step.targets !== undefined;
  const targets = (acting ? selectTargets(step.targets!, inventory) : [selectTargets(['localhost'], inventory)[0]!])
    .map((target) => target.name)
    .filter((name) => !acting || place.limited === undefined || place.limited.has(name));

  // A gate measures in one place; of several, all but the first would never be looked at.
  if (step.gate && targets.length !== 1) {
    throw usageError('gate-targets', `gate "${step.id}" has ${targets.length} targets; it is measured on one`, {
      next: 'Name one host, or write a gate for each.',
    });
  }
  const items =
    typeof step.forEach === 'string'
      ? inStep(step, () => evaluateOrDefer(step.forEach as string, planScope(plan)))
      : step.forEach;
  const shape = {
    id: step.id,
    uses: step.uses,
    targets,
    rawWith: step.with,
    ...(step.batch === undefined ? {} : { batch: step.batch }),
  };
  return {
    id: step.id,
    name: step.name,
    uses: step.uses,
    effect: action.effect,
    ...(step.standing ? { standing: true } : {}),
    condition:
      step.if === undefined
        ? true
        : inStep(step, () =>
            conditionOf(step.if!, planScope(plan, findTarget(inventory, targets[0] ?? 'localhost')), targets.length),
          ),
    ...(step.ifText ? { conditionText: step.ifText } : {}),
    needs: place.needs,
    units: isDeferred(items) ? items : inStep(step, () => makeUnits(shape, listOf(items, step), { plan, action })),
    targets,
    rawWith: step.with,
    parallel: step.parallel,
    ...(step.timeoutMs === undefined ? {} : { timeoutMs: step.timeoutMs }),
    retry: step.retry,
    onFailure: step.onFailure,
    ...(step.undo ? { undo: step.undo } : {}),
    ...(step.verify ? { verify: step.verify } : {}),
    ...(step.success === undefined ? {} : { success: step.success }),
    outputs: step.outputs,
    ...(step.become ? { become: step.become } : {}),
    idempotent: step.idempotent || action.effect === 'read',
    handler: place.handler,
    ...(step.always ? { always: true as const } : {}),
    ...(step.tells ? { tells: true as const } : {}),
    ...(step.batch === undefined ? {} : { batch: step.batch }),
    ...(step.tolerance ? { tolerance: step.tolerance } : {}),
    ...(step.gate ? { gate: step.gate } : {}),
    ...(step.hold === undefined ? {} : { hold: step.hold }),
    ...(step.secondPerson ? { secondPerson: true as const } : {}),
    fanOut: acting || step.forEach !== undefined,
  };
}

/** `if` may differ from target to target and item to item: then it is decided for each unit while running. */
function conditionOf(expression: string, scope: Record<string, unknown>, targetCount: number): boolean | Deferred {
  const roots = rootsOf(expression);
  if (roots.has('item') || (roots.has('target') && targetCount !== 1)) return { $expr: expression };
  const value = evaluateOrDefer(expression, scope);
  if (typeof value === 'boolean') return value;
  if (isDeferred(value)) return value;
  throw usageError('expression-not-boolean', `"if: ${expression}" gives ${kindOf(value)}, not true or false`);
}

function listOf(items: unknown, step: StepSpec): unknown[] | undefined {
  if (items === undefined || Array.isArray(items)) return items;
  throw usageError('expression-not-list', `"forEach: ${String(step.forEach)}" does not give a list`);
}

function inStep<T>(step: StepSpec, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new OaopsError(
      error instanceof OaopsError ? error.code : 'expression-failed',
      `step "${step.id}": ${messageOf(error)}`,
      {
        exitCode: 2,
        ...(error instanceof OaopsError && error.next ? { next: error.next } : {}),
        cause: error,
      },
    );
  }
}

/** Checks the arguments when all are known, and tells in one line what would happen. */
function summaryOf(step: { id: string; uses: string }, args: Record<string, unknown>, action: PlannedAction): string {
  if (!hasDeferred(args)) {
    const checked = action.withSchema.safeParse(args);
    if (!checked.success) {
      const problems = checked.error.issues
        .map((issue) => `${['with', ...issue.path].join('.')}: ${issue.message}`)
        .join('; ');
      throw usageError('arguments-invalid', `arguments of ${step.uses} are not valid: ${problems}`);
    }
    return describe(action, checked.data);
  }
  return describe(action, showDeferred(args));
}

function describe(action: PlannedAction, args: unknown): string {
  try {
    return action.describe(args as never);
  } catch {
    // With deferred values the arguments need not have the shape that the action expects.
    return action.name;
  }
}
