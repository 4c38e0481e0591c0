import { type Conclusion, conclude } from '../../accounts/entry/conclusion.ts';
import type { AccountSpec, Operation } from '../../accounts/schema/spec.ts';
import { concernedOf, remarksOf, restoresOf } from '../../actions/account/services.ts';
import type { App } from '../../app.ts';
import { usageError } from '../../core/errors.ts';
import type { Plan } from '../../engine/plan/plan-types.ts';
import type { RunEnd } from '../../engine/run/outcome.ts';
import type { RunRow } from '../../record/types.ts';
import { loadRunbook } from '../../runbook/load.ts';
import { type PreparedPlan, preparePlan, startRun } from '../run-command.ts';

const kind = 'AccountReview';
/** What runs of "oaops account undo" are called. */
export const undoName = 'account undo';

/**
 * The plan of an account runbook for one operation.
 * @throws OaopsError `not-an-account-review`, `operation-other` (exit 2), and as planning does
 */
export async function prepareAccounts(
  app: App,
  operations: readonly Operation[],
  given: Parameters<typeof preparePlan>[1],
): Promise<PreparedPlan> {
  const prepared = await preparePlan(app, given);
  const { name, kind: found, text } = prepared.plan.runbook;
  if (found !== kind)
    throw usageError('not-an-account-review', `${name} is of the kind ${found}`, {
      next: `Start it with "oaops run ${name}".`,
    });
  const { operation } = loadRunbook(`<${name}>`, { catalogue: await app.catalogue(), text }).spec as AccountSpec;
  if (!operations.includes(operation))
    throw usageError('operation-other', `${name} is for "${operation}"`, {
      next:
        operation === 'policy'
          ? `Start it with "oaops run ${name}".`
          : `Start it with "oaops account ${operation === 'review' ? 'review --start' : operation} ${name}".`,
    });
  return prepared;
}

export interface AccountRunEnd {
  end: RunEnd;
  conclusion: Conclusion;
}

/** Runs a plan of accounts, and tells what it has found and done, also when it waits or was stopped. */
export async function runAccounts(
  app: App,
  prepared: PreparedPlan,
  show: Parameters<typeof startRun>[2],
): Promise<AccountRunEnd> {
  const end = await startRun(app, prepared, show);
  return { end, conclusion: await conclusionOf(app, end, prepared.plan) };
}

/** What a run has done; a refusal is told by how it ended, and not once more. */
export async function conclusionOf(app: App, { run, status }: RunEnd, plan: Plan): Promise<Conclusion> {
  const { facts } = await app.record();
  return conclude(facts, {
    run,
    ...(status === 'refused' ? { ended: '' } : {}),
    runbook: plan.runbook.name,
    items: concernedOf(plan),
    restores: restoresOf(plan),
    ...remarksOf(plan),
  });
}

/**
 * A run by its id, the newest of an account runbook by its name, or `latest`.
 * @throws OaopsError `run-not-found`, `not-an-account-review` (exit 2)
 */
export async function accountRun(app: App, ref: string): Promise<{ row: RunRow; plan: Plan }> {
  const { runs } = await app.record();
  const [named] = await runs.list({ kind, limit: 1, ...(ref === 'latest' ? {} : { runbook: ref }) });
  const row = named ?? (await runs.resolve(ref));
  if (row.kind !== kind)
    throw usageError('not-an-account-review', `run ${row.id} is one of ${row.runbook}, of the kind ${row.kind}`, {
      next:
        row.runbook === undoName
          ? `See it with "oaops runs show ${row.id}". What an undo has put back is changed again by a new run, such as "oaops account cleanup".`
          : `See it with "oaops runs show ${row.id}".`,
    });
  return { row, plan: (await runs.plan(row.id)) as Plan };
}
