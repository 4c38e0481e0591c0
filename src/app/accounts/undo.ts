import type { EntryItem } from '../../accounts/entry/entry.ts';
import { labelled } from '../../accounts/expand.ts';
import { accountId } from '../../accounts/record/account-id.ts';
import { type EntryHistory, entriesOf } from '../../accounts/record/entries.ts';
import { companyOf, itemsOf, openingsOf, restoresOf } from '../../actions/account/services.ts';
import type { App } from '../../app.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { matchesPattern } from '../../core/patterns.ts';
import { defaultRetry } from '../../runbook/schema/steps.ts';
import type { StepSpec } from '../../runbook/types.ts';
import { adHocText, literals } from '../ad-hoc-runbook.ts';
import { type PreparedPlan, saidPlan } from '../run-command.ts';
import { carryOut } from './carry-out.ts';
import { accountRun, undoName } from './run.ts';

const step = { parallel: 1, outputs: {}, retry: defaultRetry, onFailure: 'stop', idempotent: true } as const;

/**
 * A plan that takes back what a run did to its entries, all of them or some: each gets back every attribute, group and place that the run had changed.
 * @throws OaopsError `entry-unknown`, `run-not-found` (exit 2), `nothing-to-undo` (exit 4)
 */
export async function prepareUndo(
  app: App,
  request: { run: string; only: readonly string[]; directory: string | undefined },
): Promise<PreparedPlan> {
  const { row, plan } = await accountRun(app, request.run);
  const { facts } = await app.record();
  const entries = await entriesOf(facts, row.id);
  const changed = itemsOf(plan).filter((item) => {
    const history = entries.get(accountId(item.directory, item.ref.key));
    return history !== undefined && history.marks.length > 0 && !isWhole(history.restored);
  });
  const fits = (pattern: string, item: (typeof changed)[number]) =>
    [item.ref.login, item.ref.name, item.line].some((text) => matchesPattern(pattern, text));
  for (const pattern of request.only)
    if (!changed.some((item) => fits(pattern, item)))
      throw usageError('entry-unknown', `run ${row.id} has changed no account "${pattern}" that is not restored yet`, {
        next: `See "oaops account show ${row.id}".`,
      });
  const items = changed
    .filter((item) => request.only.length === 0 || request.only.some((pattern) => fits(pattern, item)))
    .filter(({ directory }) => request.directory === undefined || directory === request.directory)
    // The last one first: where several were members of one group, each finds the group as it has left it.
    .toSorted((a, b) => changedAt(entries, b).localeCompare(changedAt(entries, a), 'en'));
  if (items.length === 0)
    throw new OaopsError('nothing-to-undo', `run ${row.id} has changed nothing that is not restored yet`, {
      exitCode: ExitCode.refused,
      next:
        openingsOf(plan).length > 0
          ? `Accounts that it has made are removed with "oaops runs undo ${row.id}".`
          : `See "oaops account show ${row.id}".`,
    });
  const runs = await app.runs();
  const company = companyOf(plan);
  const used = company.directories.filter(({ id }) => items.some(({ directory }) => directory === id));
  const text = adHocText({
    apiVersion: 'oaops/v1',
    kind: 'Procedure',
    metadata: {
      name: 'account-undo',
      version: '1.0.0',
      title: { en: `Take back account changes of run ${row.id}`, 'zh-CN': `撤销运行 ${row.id} 的账号变更` },
      owner: runs.actor,
      procedures: ['AC-07'],
    },
    spec: {
      steps: [{ id: 'restore', uses: 'assert', with: { that: true, message: 'the entries stand in the plan' } }],
    },
  });
  const steps: StepSpec[] = [
    {
      ...step,
      id: 'prepare',
      name: { en: 'Look at the accounts', 'zh-CN': '核对账号' },
      uses: 'account.prepare',
      with: { company: literals({ ...company, sources: [], directories: used }), spared: [] },
    },
    {
      ...step,
      id: 'restore',
      name: { en: 'Restore the accounts', 'zh-CN': '恢复账号' },
      uses: 'account.restore',
      forEach: items.map(labelled),
      parallel: 4,
      onFailure: 'continue',
      with: { item: `\${{ item }}`, run: row.id },
    },
  ];
  const undo = await runs.adHocPlan(undoName, text, plan.inventory, steps);
  return { plan: undo, requester: { name: runs.actor }, text: saidPlan(undo) };
}

/**
 * Carries such a plan out while nobody goes on with the run that it takes back.
 * @throws OaopsError `lock-held` (exit 11) when that run is under way, or taken back by somebody else
 */
export async function carryOutUndo(
  app: App,
  prepared: PreparedPlan,
  show: Parameters<typeof carryOut>[2],
): Promise<Awaited<ReturnType<typeof carryOut>>> {
  const { locks } = await app.record();
  const held: Awaited<ReturnType<typeof locks.acquire>>[] = [];
  try {
    for (const run of new Set(restoresOf(prepared.plan).map(({ ofRun }) => ofRun)))
      held.push(await locks.acquire(`run:${run}`, `undo of run ${run}`));
    return await carryOut(app, prepared, show);
  } finally {
    for (const lock of held) await lock.release();
  }
}

/** Restored but for nothing: what is left in part can be tried again. */
function isWhole(restored: { conflicts: string[] } | undefined): boolean {
  return restored !== undefined && restored.conflicts.length === 0;
}

function changedAt(entries: ReadonlyMap<string, EntryHistory>, item: EntryItem): string {
  return entries.get(accountId(item.directory, item.ref.key))?.marks.at(-1)?.at ?? '';
}
