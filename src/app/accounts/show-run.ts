import type { EntryItem } from '../../accounts/entry/entry.ts';
import type { OpeningItem } from '../../accounts/person/opening.ts';
import { accountId } from '../../accounts/record/account-id.ts';
import { decisionsOf } from '../../accounts/record/decisions.ts';
import { entriesOf, refusalsOf } from '../../accounts/record/entries.ts';
import { entriesOfRun, openingsOfRun, type ShownEntry } from '../../accounts/report/entries.ts';
import type { AccountReport } from '../../accounts/report/report.ts';
import { signedList } from '../../accounts/review/signed.ts';
import { itemsOf } from '../../actions/account/services.ts';
import type { App } from '../../app.ts';
import { usageError } from '../../core/errors.ts';
import type { Plan } from '../../engine/plan/plan-types.ts';
import type { RunRow } from '../../record/types.ts';
import { type AccountReportRequest, loadAccountReport } from './report.ts';
import { undoName } from './run.ts';

/** What somebody has said to a run. */
export interface ShownWord {
  step: string;
  kind: 'approval' | 'rejection';
  by: string;
  at: string;
}

/** A run that looked at accounts, or changed them. */
export interface ShownRun {
  run: string;
  runbook: string;
  status: string;
  message: string | null;
  requester: string;
  createdAt: string;
  endedAt: string | null;
  /** null: it does not compare, or has not come so far. */
  report: AccountReport | null;
  /** What it was to change, and what became of it. */
  entries: ShownEntry[];
  words: ShownWord[];
}

/** What a run is called: its id, `latest`, the name of its runbook. */
const runId = /^\d{8}T\d{6}Z(-[0-9a-f]*)?$/;

/**
 * A run of accounts by its id, by the name of its runbook (the newest), or the newest of all; undefined: nothing is called so.
 * @throws OaopsError `run-not-found`, `run-ambiguous`, `not-an-account-review` (exit 2)
 */
export async function findAccountRun(app: App, ref: string): Promise<{ row: RunRow; plan: Plan } | undefined> {
  const { runs } = await app.record();
  const planOf = async (row: RunRow) => ({ row, plan: (await runs.plan(row.id)) as Plan });
  if (runId.test(ref)) {
    const found = await planOf(await runs.resolve(ref));
    if (!isOfAccounts(found.plan))
      throw usageError(
        'not-an-account-review',
        `run ${found.row.id} is one of ${found.row.runbook} and about no accounts`,
        {
          next: `See it with "oaops runs show ${found.row.id}".`,
        },
      );
    return found;
  }
  const reviews = await runs.list({ kind: 'AccountReview', limit: 1, ...(ref === 'latest' ? {} : { runbook: ref }) });
  const undone = ref === 'latest' || ref === undoName ? await runs.list({ runbook: undoName, limit: 1 }) : [];
  const newest = [...reviews, ...undone].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)).at(0);
  if (newest) return planOf(newest);
  if (ref === 'latest')
    throw usageError('run-not-found', 'there is no run of an account review yet', {
      next: 'Start one with "oaops account audit".',
    });
  return undefined;
}

function isOfAccounts(plan: Plan): boolean {
  return plan.runbook.kind === 'AccountReview' || plan.steps.some(({ uses }) => uses.startsWith('account.'));
}

export async function loadShownRun(
  app: App,
  { row, plan }: { row: RunRow; plan: Plan },
  filter: Pick<AccountReportRequest, 'findings' | 'directories'>,
): Promise<ShownRun> {
  const { facts, runs } = await app.record();
  const signed = await signedList(facts, row.id);
  const entries = [
    ...entriesOfRun(itemsOf(plan), {
      entries: await entriesOf(facts, row.id),
      refusals: await refusalsOf(facts, row.id),
      decisions: await decisionsOf(facts, row.id),
      ...(signed ? { signed } : {}),
    }),
    ...openingsOfRun(unitsOf<OpeningItem>(plan, 'account.open'), {
      entries: await entriesOf(facts, row.id),
      refusals: await refusalsOf(facts, row.id),
      decisions: new Map(),
    }),
    ...(await restoredBy(app, row, plan)),
  ];
  return {
    run: row.id,
    runbook: row.runbook,
    status: row.status,
    message: row.message,
    requester: row.requester,
    createdAt: row.createdAt,
    endedAt: row.endedAt,
    report: (await loadAccountReport(app, row, filter)) ?? null,
    entries: entries.filter(
      ({ directory, findings }) =>
        (filter.directories.length === 0 || filter.directories.includes(directory)) &&
        (filter.findings.length === 0 || findings.some((type) => filter.findings.includes(type))),
    ),
    words: (await runs.inputs(row.id)).flatMap(({ kind, step, by, at }) =>
      kind === 'approval' || kind === 'rejection' ? [{ step, kind, by, at }] : [],
    ),
  };
}

/** Entries that this run was to put back, as other runs had found them. */
async function restoredBy(app: App, row: RunRow, plan: Plan): Promise<ShownEntry[]> {
  const { facts, runs } = await app.record();
  const units = plan.steps
    .filter(({ uses }) => uses === 'account.restore')
    .flatMap(({ units: all }) => (Array.isArray(all) ? all : []))
    .map((unit) => ({ item: unit.item as EntryItem, ofRun: String(unit.with['run'] ?? row.id) }));
  if (units.length === 0) return [];
  const done = new Map<string, string[]>();
  for (const { args, result } of await runs.journal(row.id)) {
    const line = (args as { item?: { line?: string } } | null)?.item?.line;
    const told = (result as { done?: string[] } | null)?.done;
    if (line !== undefined && told) done.set(line, told);
  }
  const shown: ShownEntry[] = [];
  for (const [ofRun, own] of Map.groupBy(units, (unit) => unit.ofRun)) {
    const histories = await entriesOf(facts, ofRun);
    for (const { item } of own) {
      const { restored } = histories.get(accountId(item.directory, item.ref.key)) ?? {};
      const mine = restored?.by === row.id ? restored : undefined;
      shown.push({
        line: item.line,
        directory: item.directory,
        login: item.ref.login,
        name: item.ref.name,
        ...(item.person === undefined ? {} : { person: item.person }),
        findings: item.findings,
        evidence: [],
        changes: [`restore what run ${ofRun} has changed`],
        state: mine ? (mine.conflicts.length > 0 ? 'part' : 'restored') : 'planned',
        done: done.get(item.line) ?? [],
        left: mine?.conflicts ?? [],
        cutOff: [],
        decisions: [],
        unanswered: 0,
        ...(mine ? { restored: mine } : {}),
      });
    }
  }
  return shown;
}

function unitsOf<T>(plan: Plan, uses: string): T[] {
  return plan.steps
    .filter((step) => step.uses === uses)
    .flatMap(({ units }) => (Array.isArray(units) ? units : []))
    .map(({ item }) => item as T);
}
