import type { Audit } from '../../accounts/audit/audit.ts';
import { isRead, type NotRead } from '../../accounts/audit/read-all.ts';
import { type AccountWork, expandAccounts } from '../../accounts/expand.ts';
import type { AccountSpec, Company } from '../../accounts/schema/spec.ts';
import type { App } from '../../app.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { planScope } from '../../engine/plan/plan.ts';
import { selectTargets } from '../../engine/plan/targets.ts';
import type { Inventory } from '../../engine/ports.ts';
import { hasDeferred, resolveValues } from '../../engine/run/values.ts';
import type { Runbook } from '../../runbook/types.ts';
import { literals } from '../ad-hoc-runbook.ts';
import { companyOfRunbook } from './company-file.ts';
import { accountDoors, planningHosts } from './doors.ts';
import { planWork } from './work.ts';

/**
 * A run follows, and nobody looks at its plan: an error by which nothing is changed becomes the end of the run, so that notices and the record tell of it.
 * `confirmed`: its name was given with `--confirm`.
 */
export interface Unattended {
  confirmed: boolean;
}

export interface AccountPlanning {
  inputs: Record<string, unknown>;
  inventory: Inventory;
  /** An allowed-signers file is there: a second person can be asked. */
  canApprove: boolean;
  /** Who asks for the run. */
  actor: string;
  warn(message: string): void;
  unattended?: Unattended | undefined;
}

/**
 * An account runbook with the steps for what there is to do: sources and directories are read now, so that the plan names every entry and every change.
 * @throws OaopsError of sources (exit 4: nothing is planned by half of the truth); `accounts-...` (exit 2)
 */
export async function withAccounts(
  app: App,
  runbook: Runbook,
  planning: AccountPlanning,
): Promise<{ runbook: Runbook }> {
  const { name, version } = runbook.metadata;
  const scope = planScope({ inputs: planning.inputs, runbook: { name, version, kind: runbook.kind } as never });
  // What stands at the end reads what the run has done; it is resolved then.
  const { finally: last, ...own } = runbook.spec as AccountSpec;
  const spec: AccountSpec = { ...resolved(own, scope), ...(last ? { finally: last } : {}) };
  const company = resolved(await companyOfRunbook(app, { ...runbook, spec }), scope);
  await requireChannel(app, spec, company);
  let unread: unknown;
  const planned = await planWork(spec, company, {
    app,
    canApprove: planning.canApprove,
    actor: planning.actor,
    hostNames: (selectors) => selectTargets([...selectors], planning.inventory).map((target) => target.name),
    audit: (options) =>
      readForPlan(app, company, planning, options).catch((error: unknown) => {
        unread = error;
        throw error;
      }),
  }).catch((error: unknown) => {
    // A roster that is not there is a mistake of whoever writes the file, and an accident a year later.
    if (planning.unattended && error instanceof OaopsError && (error.exitCode === ExitCode.refused || error === unread))
      return refusedWork(error, planning.canApprove);
    throw error;
  });
  const work = isUnconfirmed(planning) ? withoutDeletions(planned, name) : planned;
  const { actions } = await app.catalogue();
  const idempotent = new Set(actions.filter((action) => action.idempotent).map((action) => action.name));
  const steps = expandAccounts(spec, { ...work, ...literals({ company, ...textsOf(work) }) }).map((step) =>
    idempotent.has(step.uses) ? { ...step, idempotent: true } : step,
  );
  return { runbook: { ...runbook, steps } };
}

/** Nobody is there to agree to deletions, and nobody can be asked. */
function isUnconfirmed({ unattended, canApprove }: AccountPlanning): boolean {
  return unattended?.confirmed === false && !canApprove;
}

/** Everything else is done all the same: a leaver does not keep an account because that of another is to be deleted. */
function withoutDeletions<T extends Omit<AccountWork, 'company'>>(work: T, name: string): T {
  const lines = work.deletions.map(
    ({ ref, directory }) =>
      `${ref.login} (${directory}): not deleted after its hold: a second person ("approvals.allowedSigners" of the configuration) or --confirm ${name} is needed`,
  );
  return { ...work, deletions: [], spared: [...work.spared, ...lines] };
}

function refusedWork({ code, message, next }: OaopsError, canApprove: boolean): Omit<AccountWork, 'company'> {
  const refusal = { code, message, ...(next === undefined ? {} : { next }) };
  return { changes: [], deletions: [], openings: [], spared: [], canApprove, refusal };
}

/** Whom nobody could tell of a change is found out before it is made. @throws OaopsError `channel-unknown` (exit 2) */
async function requireChannel(app: App, { operation }: AccountSpec, { notice }: Company): Promise<void> {
  const { channel } = notice;
  if (channel === undefined || operation === 'audit' || operation === 'policy') return;
  const channels = (await app.config()).settings.notify?.channels ?? {};
  if (Object.hasOwn(channels, channel)) return;
  throw usageError('channel-unknown', `there is no channel "${channel}" in the configuration`, {
    next: 'Define it under notify.channels, or leave "notice.channel" out.',
  });
}

/** What stands in arguments of steps: names of people and accounts are no expressions. */
function textsOf({ spared, kept, refusal, notes, approvals, secondPerson }: Omit<AccountWork, 'company'>) {
  return {
    spared,
    ...(kept ? { kept } : {}),
    ...(refusal ? { refusal } : {}),
    ...(notes ? { notes } : {}),
    ...(approvals ? { approvals } : {}),
    ...(secondPerson ? { secondPerson } : {}),
  };
}

/** Everything is read once for the plan, and again for a run that begins later. */
async function readForPlan(
  app: App,
  company: Company,
  planning: AccountPlanning,
  { sourcesMayFail = false }: { sourcesMayFail?: boolean } = {},
): Promise<Audit> {
  const services = (await app.services()) as { accounts: ReturnType<typeof import('./doors.ts').accountServices> };
  const doors = await accountDoors(app, planningHosts(app, planning.inventory, planning.warn));
  const facts = (await app.record()).facts;
  const audit = await services.accounts.audits.plan(company, { doors, facts, signal: new AbortController().signal });
  const failed = audit.read.sources.find((source): source is NotRead => !isRead(source));
  if (failed && !sourcesMayFail) {
    const { error } = failed;
    throw new OaopsError(error.code, `the source ${failed.id} was not read, so nothing is planned: ${error.message}`, {
      exitCode: error.exitCode === ExitCode.usage ? ExitCode.usage : ExitCode.refused,
      next: error.next ?? 'Repair the source.',
      ...(error.position ? { position: error.position } : {}),
      details: error.details,
      cause: error,
    });
  }
  return audit;
}

function resolved<T extends object>(value: T, scope: Record<string, unknown>): T {
  const found = resolveValues(value, scope) as T;
  if (hasDeferred(found))
    throw usageError('accounts-deferred', 'the runbook reads what only a run knows', {
      next: 'Use inputs; sources and directories are read when the plan is made.',
    });
  return found;
}
