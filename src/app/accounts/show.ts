import { auditCompany } from '../../accounts/audit/audit.ts';
import { summaryOf } from '../../accounts/audit/summary.ts';
import { mergeCompany } from '../../accounts/company/company.ts';
import type { Finding } from '../../accounts/model.ts';
import { accountId } from '../../accounts/record/account-id.ts';
import { type AuditSummary, auditsOf, findingsOf, summaryTopic } from '../../accounts/record/audits.ts';
import { entryOf } from '../../accounts/record/entries.ts';
import { type HeldFact, heldAccounts } from '../../accounts/record/held.ts';
import { predecessors } from '../../accounts/record/successors.ts';
import { tellChange } from '../../accounts/report/entries.ts';
import { lookFor, type ShownAccount, type ShownPerson } from '../../accounts/report/look.ts';
import type { AccountSpec, Company } from '../../accounts/schema/spec.ts';
import { companyOf } from '../../actions/account/services.ts';
import type { App } from '../../app.ts';
import { isoTime } from '../../core/clock.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { Plan } from '../../engine/plan/plan-types.ts';
import type { Inventory } from '../../engine/ports.ts';
import type { FactStore } from '../../record/types.ts';
import { loadRunbook } from '../../runbook/load.ts';
import { warnOnStderr } from '../ad-hoc.ts';
import { readCompanyFile } from './company-file.ts';
import { accountDoors, planningHosts } from './doors.ts';
import { prepareAccounts } from './run.ts';

/** What runs have done to an account, the newest last. */
export interface PastChange {
  run: string;
  runbook: string;
  at: string;
  change: string;
  done: string[];
  left: string[];
  /** Begun, and nobody knows how far it came. */
  cutOff: boolean;
  restored?: { at: string; by: string; conflicts: string[] };
}

/** Disabled by a run and held until a later run may delete it. */
export interface ShownHold {
  state: HeldFact['state'];
  since: string;
  run: string;
  /** ISO UTC: not deleted earlier. null: the runbook does not delete it. */
  deletableFrom: string | null;
}

/** An account that the record knows, and what it knows of it. */
export interface KnownAccount {
  directory: string;
  key: string;
  login: string;
  name: string;
  person?: string;
  /** As the directory has it now; absent: the directories were not asked, or it is gone. */
  now?: ShownAccount;
  findings: Finding[];
  hold?: ShownHold;
  history: PastChange[];
}

export interface ShownLook {
  what: string;
  /** Sources and directories were read just now; else only the record was asked. */
  fresh: boolean;
  /** When they were read: now, or at the audit that the record goes by. null: there is none. */
  at: string | null;
  /** The audit that the record goes by. */
  run: string | null;
  /** What was not read: accounts there may be missing here. */
  unjudged: string[];
  people: ShownPerson[];
  accounts: KnownAccount[];
}

export interface LookRequest {
  what: string;
  directory: string | undefined;
  fresh: boolean;
  runbook: string | undefined;
  inputs: string[];
  told(message: string): void;
}

/** More runs back nobody looks for what became of an account. */
const mostRuns = 1000;

/**
 * A person or an account, and everything that is known of it.
 * @throws OaopsError `account-unknown` (exit 2; 3 when something could not be read), and as reading does
 */
export async function lookAtAccounts(app: App, request: LookRequest): Promise<ShownLook> {
  const look = request.fresh ? await freshLook(app, request) : await recordedLook(app, request);
  if (look.people.length + look.accounts.length > 0) return look;
  const { what, directory } = request;
  if (!request.fresh)
    throw usageError(
      'account-unknown',
      directory === undefined
        ? `the record knows no person, account or run "${what}"`
        : `the record knows no account "${what}" in ${directory}`,
      { next: 'Without --recorded the sources and directories are asked.' },
    );
  const message =
    directory === undefined
      ? `nobody and no account is called "${what}"`
      : `no account in ${directory} is called "${what}"`;
  throw new OaopsError('account-unknown', message, {
    exitCode: look.unjudged.length > 0 ? ExitCode.incomplete : ExitCode.usage,
    next:
      look.unjudged.length > 0
        ? `Not everything was read: ${look.unjudged[0]}`
        : 'Give an employee number, a mail address, a login or a name as it is written.',
    details: { unjudged: look.unjudged },
  });
}

async function freshLook(app: App, request: LookRequest): Promise<ShownLook> {
  const { company, inventory } = await companyToAsk(app, request);
  requireDirectory(company, request.directory);
  const { facts } = await app.record();
  const doors = await accountDoors(app, planningHosts(app, inventory, warnOnStderr(app)));
  const audit = await auditCompany(company, {
    doors,
    facts,
    signal: new AbortController().signal,
    told: (id, done, total) => request.told(done < total ? `reading ${id} (${done + 1}/${total})` : ''),
  });
  const { people, accounts } = lookFor(audit, company, request.what, request.directory);
  const { unjudged } = summaryOf(audit, [], { run: '', runbook: '', at: isoTime(audit.atMs) });
  const known = accounts.map(
    (now): Omit<KnownAccount, 'history'> => ({
      directory: now.directory,
      key: now.key,
      login: now.login,
      name: now.name,
      ...(now.person === undefined ? {} : { person: now.person }),
      now,
      findings: now.findings,
    }),
  );
  const ids = new Set(known.map(({ directory, key }) => accountId(directory, key)));
  const held = (await heldAccounts(facts)).filter((fact) => isMeant(fact, request, people));
  // What was deleted, or cannot be read now, is still known to the record.
  for (const fact of held) if (!ids.has(accountId(fact.directory, fact.key))) known.push(ofHeld(fact));
  return {
    what: request.what,
    fresh: true,
    at: isoTime(audit.atMs),
    run: null,
    unjudged,
    people,
    accounts: await withRecord(app, known),
  };
}

/** The newest audit, of the runbook that is named or of any, and what runs have disabled. */
async function recordedLook(app: App, request: LookRequest): Promise<ShownLook> {
  const { facts } = await app.record();
  const audit = await newestAudit(facts, request.runbook);
  const found = new Map<string, Omit<KnownAccount, 'history'>>();
  for (const finding of (audit && (await findingsOf(facts, audit.run))) ?? []) {
    if (!isMeant({ ...finding, name: finding.account }, request, [])) continue;
    const id = accountId(finding.directory, finding.key);
    const known = found.get(id) ?? {
      directory: finding.directory,
      key: finding.key,
      login: finding.login,
      name: finding.account,
      ...(finding.person === undefined ? {} : { person: finding.person }),
      findings: [],
    };
    known.findings.push(finding);
    found.set(id, known);
  }
  for (const fact of await heldAccounts(facts)) {
    const id = accountId(fact.directory, fact.key);
    if (!found.has(id) && isMeant(fact, request, [])) found.set(id, ofHeld(fact));
  }
  return {
    what: request.what,
    fresh: false,
    at: audit?.at ?? null,
    run: audit?.run ?? null,
    unjudged: audit?.unjudged ?? [],
    people: [],
    accounts: await withRecord(app, [...found.values()]),
  };
}

async function newestAudit(facts: FactStore, runbook: string | undefined): Promise<AuditSummary | undefined> {
  if (runbook !== undefined) return (await auditsOf(facts, runbook, 1))[0];
  const [row] = await facts.list(summaryTopic, { newestFirst: true, limit: 1 });
  return row?.body as AuditSummary | undefined;
}

function isMeant(
  one: { directory: string; key: string; login: string; name: string; person?: string },
  { what, directory }: LookRequest,
  people: readonly ShownPerson[],
): boolean {
  if (directory !== undefined && one.directory !== directory) return false;
  const same = (text: string | undefined) => text?.toLowerCase() === what.toLowerCase();
  if (people.some(({ id }) => id === one.person)) return true;
  return same(one.login) || same(one.name) || same(one.key) || (directory === undefined && same(one.person));
}

function ofHeld({ directory, key, login, name, person }: HeldFact): Omit<KnownAccount, 'history'> {
  return { directory, key, login, name, ...(person === undefined ? {} : { person }), findings: [] };
}

/** With what runs have done to them, and since when they are held. */
async function withRecord(app: App, accounts: Omit<KnownAccount, 'history'>[]): Promise<KnownAccount[]> {
  const { facts, runs } = await app.record();
  const held = new Map((await heldAccounts(facts)).map((fact) => [accountId(fact.directory, fact.key), fact]));
  const before = await predecessors(facts);
  const rows = (await runs.list({ kind: 'AccountReview', limit: mostRuns })).reverse();
  const known: KnownAccount[] = [];
  for (const account of accounts) {
    const id = accountId(account.directory, account.key);
    const ids = [id];
    for (let old = before.get(id); old !== undefined && !ids.includes(old); old = before.get(old)) ids.push(old);
    const history: PastChange[] = [];
    for (const { id: run, runbook } of rows) {
      const entries = await Promise.all(ids.map((each) => entryOf(facts, run, each)));
      for (const entry of entries) {
        const restored = entry?.restored ? { restored: entry.restored } : {};
        const failed = entry?.failed;
        for (const { change, mark, done, left, at } of entry?.marks ?? [])
          history.push({
            run,
            runbook,
            at,
            change: tellChange(change),
            done,
            left,
            cutOff: mark === null,
            ...restored,
          });
        if (failed) {
          const { at, change, why } = failed;
          history.push({ run, runbook, at, change: tellChange(change), done: [], left: [why], cutOff: false });
        }
      }
    }
    const fact = held.get(id);
    known.push({ ...account, ...(fact ? { hold: await holdOf(app, fact) } : {}), history });
  }
  return known;
}

async function holdOf(app: App, fact: HeldFact): Promise<ShownHold> {
  const { state, since, run } = fact;
  return { state, since, run, deletableFrom: state === 'held' ? await deletableFrom(app, fact) : null };
}

/** As the runbook of the run that disabled it says; of several rules the longest hold counts. */
async function deletableFrom(app: App, { run, since, findings }: HeldFact): Promise<string | null> {
  const { runs } = await app.record();
  const row = await runs.get(run);
  const plan = row && ((await runs.plan(run)) as Plan);
  if (plan?.runbook.kind !== 'AccountReview') return null;
  const { name, text } = plan.runbook;
  const spec = loadRunbook(`<${name}>`, { catalogue: await app.catalogue(), text }).spec as AccountSpec;
  const holds = (spec.cleanup?.rules ?? []).flatMap(({ finding, deleteAfter }) =>
    findings.includes(finding) && deleteAfter !== undefined ? [deleteAfter] : [],
  );
  return holds.length === 0 ? null : isoTime(Date.parse(since) + Math.max(...holds));
}

/** What is asked: the runbook that is named, "account-audit", or else the file of the configuration. */
async function companyToAsk(
  app: App,
  { runbook, inputs }: LookRequest,
): Promise<{ company: Company; inventory: Inventory }> {
  try {
    const { plan } = await prepareAccounts(app, ['audit'], { runbook: runbook ?? 'account-audit', inputs });
    return { company: companyOf(plan), inventory: plan.inventory };
  } catch (error) {
    const { settings } = await app.config();
    const isMissing = error instanceof OaopsError && error.code === 'runbook-not-found';
    if (!isMissing || runbook !== undefined || settings.accounts === undefined) throw error;
    const company = mergeCompany({} as AccountSpec, readCompanyFile(settings.accounts), {});
    if (!company.directories || !company.sources) throw error;
    const inventory =
      settings.inventory === undefined
        ? { sources: [], hosts: [] }
        : (await app.inventory(settings.inventory)).inventory;
    return { company: company as Company, inventory };
  }
}

function requireDirectory({ directories }: Company, id: string | undefined): void {
  if (id === undefined || directories.some((directory) => directory.id === id)) return;
  throw usageError('account-directory-unknown', `there is no directory "${id}"`, {
    next: `Write one of: ${directories.map((directory) => directory.id).join(', ')}.`,
  });
}
