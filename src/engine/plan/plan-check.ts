import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { canonicalJson } from '../../core/json.ts';
import { planDigest } from './plan.ts';
import type { Plan, PlannedStep } from './plan-types.ts';

/**
 * Reads a plan as written by `oaops runbook plan --out`.
 * @throws OaopsError `plan-invalid` (exit 2); `plan-altered` (exit 4) when its content does not have its digest
 */
export function readPlan(text: string, file: string): Plan {
  let plan: Plan;
  try {
    plan = JSON.parse(text) as Plan;
  } catch {
    throw usageError('plan-invalid', `${file} is not a plan: it is not JSON`, {
      next: 'Make one with "oaops runbook plan NAME --out FILE".',
    });
  }
  if (plan?.planVersion !== 1 || !Array.isArray(plan.steps) || typeof plan.digest !== 'string') {
    throw usageError('plan-invalid', `${file} is not a plan of a version that this oaops knows`, {
      next: 'Make one with "oaops runbook plan NAME --out FILE".',
    });
  }
  if (planDigest(plan) !== plan.digest) {
    throw new OaopsError(
      'plan-altered',
      `${file} was changed after it was made: its content does not have its digest`,
      {
        exitCode: ExitCode.refused,
        next: 'Make the plan again and have it looked at again.',
      },
    );
  }
  return plan;
}

/** What differs between a plan and one made now, in words; empty = nothing. Computed from the parts that can change outside. */
export function planChanges(plan: Plan, now: Plan): string[] {
  const changes: string[] = [];
  if (plan.runbook.sha256 !== now.runbook.sha256) {
    const versions =
      plan.runbook.version === now.runbook.version
        ? `still version ${now.runbook.version}`
        : `version ${plan.runbook.version} -> ${now.runbook.version}`;
    changes.push(`runbook ${now.runbook.file} (${versions})`);
  }
  for (const name of new Set([...Object.keys(plan.inputs), ...Object.keys(now.inputs)])) {
    if (canonicalJson(plan.inputs[name]) !== canonicalJson(now.inputs[name])) changes.push(`input "${name}"`);
  }
  changes.push(...inventoryChanges(plan, now));
  changes.push(...populationChanges(plan, now));
  if (canonicalJson(plan.allowedSigners) !== canonicalJson(now.allowedSigners)) changes.push('allowed-signers file');
  // Nothing outside changed, but the same files now mean something else: another version of oaops.
  if (changes.length === 0 && plan.digest !== now.digest) {
    changes.push(
      plan.oaopsVersion === now.oaopsVersion ? 'resolved steps' : `oaops ${plan.oaopsVersion} -> ${now.oaopsVersion}`,
    );
  }
  return changes;
}

function populationChanges(plan: Plan, now: Plan): string[] {
  const membersOf = ({ batches = [] }: Plan) =>
    new Map(batches.flatMap(({ members }) => members.map((member) => [member.id, canonicalJson(member)] as const)));
  const [before, after] = [membersOf(plan), membersOf(now)];
  const some = (ids: string[]) =>
    `${ids
      .slice(0, 3)
      .map((id) => JSON.stringify(id))
      .join(', ')}${ids.length > 3 ? ', ...' : ''}`;
  const gone = [...before.keys()].filter((id) => !after.has(id));
  const added = [...after.keys()].filter((id) => !before.has(id));
  const changed = [...before].filter(([id, member]) => after.has(id) && after.get(id) !== member).map(([id]) => id);
  const parts = [
    ...(gone.length > 0 ? [`${gone.length} gone: ${some(gone)}`] : []),
    ...(added.length > 0 ? [`${added.length} new: ${some(added)}`] : []),
    ...(changed.length > 0 ? [`${changed.length} changed: ${some(changed)}`] : []),
  ];
  return parts.length > 0 ? [`population (${parts.join('; ')})`] : [];
}

function inventoryChanges(plan: Plan, now: Plan): string[] {
  const before = new Map(plan.inventory.hosts.map((host) => [host.name, canonicalJson(host)]));
  const after = new Map(now.inventory.hosts.map((host) => [host.name, canonicalJson(host)]));
  const hosts = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
  if (hosts.length > 0) return [`inventory (${hosts.slice(0, 5).join(', ')}${hosts.length > 5 ? ', ...' : ''})`];
  const files = (inventory: Plan['inventory']) => inventory.sources.map((source) => source.sha256).join();
  return files(plan.inventory) === files(now.inventory) ? [] : ['inventory files'];
}

/** @throws OaopsError `plan-stale` (exit 4) naming what changed */
export function refuseStale(plan: Plan, now: Plan): void {
  const changes = planChanges(plan, now);
  if (changes.length === 0) return;
  throw new OaopsError('plan-stale', `the plan of ${plan.createdAt} is stale; changed since: ${changes.join(', ')}`, {
    exitCode: ExitCode.refused,
    next: `Make it again with "oaops runbook plan ${plan.runbook.name} --out FILE".`,
    details: { changes },
  });
}

/** Destructive steps that no approval step guards, and no policy of the runbook: they need `--confirm <runbook name>` (AC-07). */
export function unguardedDestructive(plan: Plan): PlannedStep[] {
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const guarded = (step: PlannedStep, seen: Set<string>): boolean =>
    step.needs.some((id) => {
      const needed = byId.get(id);
      if (!needed || seen.has(id)) return false;
      seen.add(id);
      return (
        (needed.uses === 'approval' && needed.condition === true && needed.onFailure !== 'continue') ||
        guarded(needed, seen)
      );
    });
  return plan.steps.filter(
    (step) => step.effect === 'destructive' && !step.standing && step.condition !== false && !guarded(step, new Set()),
  );
}

/** @throws OaopsError `confirmation-needed`, `confirmation-wrong` (exit 4) */
export function refuseUnconfirmed(plan: Plan, confirm: string | undefined): void {
  if (confirm !== undefined && confirm !== plan.runbook.name) {
    throw new OaopsError(
      'confirmation-wrong',
      `--confirm says "${confirm}", but the runbook is "${plan.runbook.name}"`,
      {
        exitCode: ExitCode.refused,
        next: `Give --confirm ${plan.runbook.name} if that is what you mean.`,
      },
    );
  }
  const steps = unguardedDestructive(plan);
  if (steps.length === 0 || confirm !== undefined) return;
  throw new OaopsError(
    'confirmation-needed',
    `destructive steps without an approval before them: ${steps.map((step) => step.id).join(', ')}`,
    {
      exitCode: ExitCode.refused,
      next: `Look at the plan with --dry-run, then give --confirm ${plan.runbook.name}.`,
      details: { steps: steps.map((step) => step.id) },
    },
  );
}
