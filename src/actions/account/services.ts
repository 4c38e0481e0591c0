import { z } from 'zod';
import type { AccountAudits } from '../../accounts/audit/audit.ts';
import type { EntryItem, EntryWork } from '../../accounts/entry/entry.ts';
import type { Concerned } from '../../accounts/entry/notices.ts';
import type { OpenDirectories } from '../../accounts/entry/open-directories.ts';
import { type OpeningItem, openingKey, placeOf } from '../../accounts/person/opening.ts';
import type { AccountDoors } from '../../accounts/ports.ts';
import type { DirectorySpec } from '../../accounts/schema/directories.ts';
import type { Company } from '../../accounts/schema/spec.ts';
import { OaopsError } from '../../core/errors.ts';
import type { RandomSource } from '../../core/ids.ts';
import type { ActionContext } from '../../engine/action.ts';
import type { Plan } from '../../engine/plan/plan-types.ts';
import { selectTargets } from '../../engine/plan/targets.ts';
import type { Host } from '../../engine/ports.ts';
import type { Notifier } from '../../notify/notifier.ts';
import type { FactStore } from '../../record/types.ts';

/** What hosts a process can open: those of the plan, by the run. */
export interface HostSource {
  host(name: string, signal: AbortSignal): Promise<Host>;
  hostNames(selectors: readonly string[]): string[];
}

/** What the composition root puts into the services for the actions of accounts. */
export interface AccountServices {
  facts(): Promise<FactStore>;
  notifier(): Promise<Notifier>;
  accounts: {
    random: RandomSource;
    /** From now on a text is taken out of every event, message and log. */
    hide(secret: string): void;
    doors(hosts: HostSource): Promise<AccountDoors>;
    /** Logged in to once for a run, and closed with the process. */
    directories(run: string, doors: AccountDoors): OpenDirectories;
    /** What this process has read already. */
    audits: AccountAudits;
  };
}

export type AccountContext = ActionContext<AccountServices>;

/** The company as the plan has it. @throws OaopsError `plan-without-company` when it is no plan of accounts */
export function companyOf(plan: Plan): Company {
  for (const { units } of plan.steps) {
    const company = Array.isArray(units) ? units[0]?.with['company'] : undefined;
    if (company !== undefined) return company as Company;
  }
  throw new OaopsError('plan-without-company', 'the plan says nothing of directories; it is no review of accounts');
}

export function directorySpec(plan: Plan, id: string): DirectorySpec {
  const found = companyOf(plan).directories.find((directory) => directory.id === id);
  if (!found) throw new OaopsError('plan-without-company', `the plan says nothing of the directory "${id}"`);
  return found;
}

export async function doorsOf(context: AccountContext): Promise<AccountDoors> {
  const { inventory } = context.plan;
  return context.services.accounts.doors({
    host: (name, signal) => context.hostNamed(name, signal),
    hostNames: (selectors) => selectTargets([...selectors], inventory).map(({ name }) => name),
  });
}

export async function directoriesOf(context: AccountContext): Promise<OpenDirectories> {
  return context.services.accounts.directories(context.runId, await doorsOf(context));
}

export async function entryWork(context: AccountContext): Promise<EntryWork> {
  return {
    facts: await context.services.facts(),
    run: context.runId,
    nowMs: () => context.clock.nowMs(),
    signal: context.signal,
    stopping: context.stopping,
  };
}

/** An entry of the plan; made by planning, not written by anybody. */
export const itemSchema = z.looseObject({
  line: z.string(),
  directory: z.string(),
  ref: z.looseObject({ key: z.string(), name: z.string(), login: z.string() }),
  changes: z.array(z.looseObject({ do: z.string() })),
});

export function itemOf(args: { item: unknown }): EntryItem {
  return args.item as EntryItem;
}

/** Every account that the plan would make. */
export function openingsOf(plan: Plan): OpeningItem[] {
  return plan.steps
    .filter(({ uses }) => uses === 'account.open')
    .flatMap(({ units }) => (Array.isArray(units) ? units : []))
    .map(({ item }) => item as OpeningItem);
}

/** Everything that the plan would make, change or delete, as conclusions and notices name it. */
export function concernedOf(plan: Plan): Concerned[] {
  const made = openingsOf(plan).map(({ directory, login, host, person, personName, mails }) => ({
    directory,
    ref: { key: openingKey({ login, host }), login, name: placeOf({ login, host }) },
    findings: [],
    evidence: [`${personName} (${person})`],
    mails,
  }));
  return [...itemsOf(plan), ...made];
}

/** What planning has left alone, although something is to be done and by rule, and what people should know beside. */
export function remarksOf(plan: Plan): { spared?: string[]; kept?: string[]; notes?: string[] } {
  const units = plan.steps.find(({ uses }) => uses === 'account.prepare' || uses === 'account.audit')?.units;
  const { spared, kept, notes } = (Array.isArray(units) ? units[0]?.with : undefined) ?? {};
  return {
    ...(Array.isArray(spared) ? { spared: spared.map(String) } : {}),
    ...(Array.isArray(kept) ? { kept: kept.map(String) } : {}),
    ...(Array.isArray(notes) ? { notes: notes.map(String) } : {}),
  };
}

/** Every entry that the plan would change or delete. */
export function itemsOf(plan: Plan): EntryItem[] {
  return plan.steps
    .filter(({ uses }) => uses === 'account.change' || uses === 'account.delete')
    .flatMap(({ units }) => (Array.isArray(units) ? units : []))
    .map(({ item }) => item as EntryItem);
}

/** Every entry that the plan would put back, and the run that had changed it. */
export function restoresOf(plan: Plan): { item: EntryItem; ofRun: string }[] {
  return plan.steps
    .filter(({ uses }) => uses === 'account.restore')
    .flatMap(({ units }) => (Array.isArray(units) ? units : []))
    .map(({ item, with: args }) => ({ item: item as EntryItem, ofRun: String(args['run']) }));
}
