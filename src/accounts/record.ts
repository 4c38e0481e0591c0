import { digestOf } from '../core/json.ts';
import { runTopic } from '../record/run-facts.ts';
import type { FactStore } from '../record/types.ts';
import { SharedTexts } from './audit/shared-values.ts';
import type { Change, Image } from './directory.ts';
import type { AccountState, Finding, FindingType } from './model.ts';
import type { JudgedRule } from './policy/judge.ts';
import type { SecondFactorCount } from './policy/second-factor.ts';

/** What the record keeps of accounts, as append-only facts. */

/** An account by its directory and key, as facts name it. */
export function accountId(directory: string, key: string): string {
  return `${directory}|${key}`;
}

/** Findings of a run lie in facts of so many each: no row becomes megabytes. */
const findingsAtOnce = 500;

/** What an audit found, but for the single findings. */
export interface AuditSummary {
  run: string;
  runbook: string;
  at: string;
  /** Accounts read, by directory. */
  accounts: Record<string, number>;
  /** What people call a directory, where the runbook says it. */
  titles?: Record<string, string>;
  /** Of them, by directory and state; `held` of them lie in the hold area. */
  states: Record<string, Record<AccountState | 'held', number>>;
  /** People read, by source. */
  people: Record<string, number>;
  /** Days of export, by source, where they are known. */
  exports: Record<string, string>;
  /** Sources and directories that gave nothing, and why. */
  unread: { id: string; what: 'source' | 'directory'; error: string }[];
  /** Directories that were not wholly read, or not compared with everybody: what was not found there may be there all the same. */
  partial: string[];
  /** What was looked for; absent = everything. */
  looked?: FindingType[];
  counts: Partial<Record<FindingType, number>>;
  /** What could not be read or judged, one line each; nothing was found or done there. */
  unjudged: string[];
  /** What people should know beside: duplicates in a roster, raised thresholds. */
  remarks: string[];
  /** Exceptions that held, and those that are over. */
  exceptions: { used: KnownException[]; expired: KnownException[] };
}

/** An exception of the policies; `findings`: how many it has accepted. */
export interface KnownException {
  finding: FindingType;
  account: string;
  directory?: string;
  right?: string;
  /** Last day. */
  until: string;
  by: string;
  reason: string;
  findings: number;
}

export const summaryTopic = 'account.audit';

/** Runs that have carried out what they were for, whatever they found. */
export const carriedOutTopic = 'account.carried-out';

export async function addCarriedOut(facts: FactStore, run: string, at: string): Promise<void> {
  await facts.add(carriedOutTopic, run, at, { run });
}

export async function addAudit(facts: FactStore, summary: AuditSummary, findings: readonly Finding[]): Promise<void> {
  const topic = runTopic(summary.run, 'account.findings');
  const before = (await facts.list(summaryTopic, { key: summary.runbook })).some(
    ({ body }) => (body as AuditSummary).run === summary.run,
  );
  // A step that was cut off and is done again has written them already, whole or in part: the newest of each part counts.
  for (let at = 0, part = 0; at < findings.length || part === 0; at += findingsAtOnce, part++)
    await facts.add(topic, String(part), summary.at, { findings: findings.slice(at, at + findingsAtOnce) });
  await facts.add(topic, 'parts', summary.at, { parts: Math.max(1, Math.ceil(findings.length / findingsAtOnce)) });
  if (!before) await facts.add(summaryTopic, summary.runbook, summary.at, summary);
}

/** Findings of a run; undefined: it has made none yet. */
export async function findingsOf(facts: FactStore, run: string): Promise<Finding[] | undefined> {
  const topic = runTopic(run, 'account.findings');
  const newest = async (key: string) => (await facts.list(topic, { key, newestFirst: true, limit: 1 }))[0]?.body;
  const parts = ((await newest('parts')) as { parts: number } | undefined)?.parts;
  if (parts === undefined) return undefined;
  const texts = new SharedTexts();
  const all: Finding[] = [];
  // Part by part: as texts they are several times as large as what is made of them.
  for (let part = 0; part < parts; part++) {
    const body = (await newest(String(part))) as { findings: Finding[] } | undefined;
    for (const finding of body?.findings ?? []) {
      for (const field of ['type', 'directory', 'department', 'evidence', 'figure'] as const)
        if (finding[field] !== undefined) (finding as Record<typeof field, string>)[field] = texts.of(finding[field]);
      all.push(finding);
    }
  }
  return all;
}

/** Audits of a runbook, newest first. */
export async function auditsOf(facts: FactStore, runbook: string, limit?: number): Promise<AuditSummary[]> {
  const rows = await facts.list(summaryTopic, {
    key: runbook,
    newestFirst: true,
    ...(limit === undefined ? {} : { limit }),
  });
  return rows.map(({ body }) => body as AuditSummary);
}

/** One entry in one run: how it was before, and what was done to it so far. */
export interface EntryHistory {
  image: Image;
  /** Where it was when the run first came to it. */
  name: string;
  marks: { change: Change; mark: Image | null; done: string[]; left: string[]; at: string }[];
  /** Why the change that was tried last has done nothing. */
  failed?: { change: Change; why: string; at: string };
  /** Of an account that was made: its password got where it should. */
  delivered?: true;
  /** Taken back, wholly or but for what is named. */
  restored?: { at: string; by: string; conflicts: string[] };
}

type EntryFact =
  | { image: Image; name: string }
  | { begin: Change }
  | { end: Change; mark: Image; done: string[]; left: string[] }
  /** What was begun right before is known to have changed nothing. */
  | { dropped: Change; why: string }
  | { delivered: true }
  | { restored: { by: string; conflicts: string[] } };

function entryTopic(run: string): string {
  return runTopic(run, 'account.entry');
}

export async function addEntryFact(
  facts: FactStore,
  run: string,
  account: string,
  at: string,
  fact: EntryFact,
): Promise<void> {
  await facts.add(entryTopic(run), account, at, fact);
}

/** What could not be done of an entry, one line each. */
export function notDone(history: EntryHistory | undefined): string[] {
  if (!history) return [];
  return [...history.marks.flatMap(({ left }) => left), ...(history.failed === undefined ? [] : [history.failed.why])];
}

/** What a run did to an entry; undefined: nothing, it did not come to it. */
export async function entryOf(facts: FactStore, run: string, account: string): Promise<EntryHistory | undefined> {
  return historyOf(await facts.list(entryTopic(run), { key: account }));
}

/** What a run did to all its entries. */
export async function entriesOf(facts: FactStore, run: string): Promise<Map<string, EntryHistory>> {
  const rows = await facts.list(entryTopic(run));
  const entries = new Map<string, EntryHistory>();
  for (const [account, own] of Map.groupBy(rows, ({ key }) => key)) {
    const history = historyOf(own);
    if (history) entries.set(account, history);
  }
  return entries;
}

function historyOf(rows: readonly { at: string; body: unknown }[]): EntryHistory | undefined {
  let history: EntryHistory | undefined;
  for (const { at, body } of rows) {
    const fact = body as EntryFact;
    // What was taken back is over, and what was not begun never was: an image after it begins anew.
    if ('image' in fact) {
      if (!history || history.restored || history.marks.length === 0)
        history = { image: fact.image, name: fact.name, marks: [] };
    } else if (!history) continue;
    else if ('begin' in fact) {
      delete history.failed;
      // Begun again after it was cut off: one change.
      const open = history.marks.at(-1);
      if (open?.mark !== null || open.change.do !== fact.begin.do)
        history.marks.push({ change: fact.begin, mark: null, done: [], left: [], at });
    } else if ('end' in fact) {
      const { end: change, mark, done, left } = fact;
      const open = history.marks.findLast((one) => one.change.do === change.do);
      if (open) Object.assign(open, { mark, done, left, at });
      else history.marks.push({ change, mark, done, left, at });
    } else if ('dropped' in fact) {
      if (history.marks.at(-1)?.mark === null) history.marks.pop();
      history.failed = { change: fact.dropped, why: fact.why, at };
    } else if ('delivered' in fact) history.delivered = true;
    else history.restored = { at, ...fact.restored };
  }
  return history;
}

function refusalTopic(run: string): string {
  return runTopic(run, 'account.refused');
}

/** An entry that a run left as it is although it was planned, with the reason. */
export async function addRefusal(
  facts: FactStore,
  run: string,
  account: string,
  at: string,
  reason: string,
): Promise<void> {
  await facts.add(refusalTopic(run), account, at, { reason });
}

/** Reasons by account. */
export async function refusalsOf(facts: FactStore, run: string): Promise<Map<string, string>> {
  const rows = await facts.list(refusalTopic(run));
  return new Map(rows.map(({ key, body }) => [key, (body as { reason: string }).reason]));
}

/** An account that this tool has disabled: what "delete after the hold" goes by. It outlives the run that did it. */
export interface HeldFact {
  directory: string;
  key: string;
  login: string;
  name: string;
  run: string;
  /** Since when it is held, ISO UTC. */
  since: string;
  state: 'held' | 'deleted' | 'restored';
  findings: FindingType[];
  person?: string;
}

const heldTopic = 'account.held';
const successorTopic = 'account.successor';

export async function addHeld(facts: FactStore, at: string, held: HeldFact): Promise<void> {
  await facts.add(heldTopic, accountId(held.directory, held.key), at, held);
}

/** The newest word about one account. */
export async function heldAccount(facts: FactStore, account: string): Promise<HeldFact | undefined> {
  const [row] = await facts.list(heldTopic, { key: account, newestFirst: true, limit: 1 });
  return row?.body as HeldFact | undefined;
}

/** The newest word about each account; one that was made anew is known by its new key alone. */
export async function heldAccounts(facts: FactStore): Promise<HeldFact[]> {
  const newest = new Map((await facts.list(heldTopic)).map(({ key, body }) => [key, body as HeldFact]));
  for (const { key } of await facts.list(successorTopic)) newest.delete(key);
  return [...newest.values()];
}

/** An entry that was deleted and made anew has another key: what earlier runs did to it is found under the old one. */
export async function addSuccessor(
  facts: FactStore,
  at: string,
  { directory, key, next }: { directory: string; key: string; next: string },
): Promise<void> {
  await facts.add(successorTopic, accountId(directory, key), at, { key: next });
}

/** Of each account that was made anew, what it was called before: `directory|new key` -> `directory|old key`. */
export async function predecessors(facts: FactStore): Promise<Map<string, string>> {
  const rows = (await facts.list(successorTopic)).map(({ key, body }) => ({ old: key, next: body as { key: string } }));
  return new Map(rows.map(({ old, next }) => [accountId(old.slice(0, old.indexOf('|')), next.key), old]));
}

/** The key of an entry now, however often it was made anew. */
export async function currentKey(facts: FactStore, directory: string, key: string): Promise<string> {
  const seen = new Set<string>();
  let now = key;
  while (!seen.has(now)) {
    seen.add(now);
    const [row] = await facts.list(successorTopic, { key: accountId(directory, now), newestFirst: true, limit: 1 });
    if (!row) return now;
    now = (row.body as { key: string }).key;
  }
  return now;
}

/** What a person decided about one line of a review list. */
export interface Decision {
  line: string;
  /** do: what is proposed; keep: nothing. */
  decision: 'do' | 'keep';
  by: string;
  /** Who signed according to a file that was read in; `by` is then who has read it in. */
  signedBy?: string;
  at: string;
  reason?: string;
  /** Terminal, or the file that it came from with its sha256. */
  from: string;
}

function decisionTopic(run: string): string {
  return runTopic(run, 'account.decision');
}

/** Some of the decisions that somebody has made at once. */
interface DecisionsPart {
  decisions: Decision[];
  /** What they belong together by, and how many parts there are; absent = there is one. */
  of?: { id: string; part: number; parts: number };
}

/** Writes down what somebody has decided at once: all of it counts, or nothing when the writing is cut off. */
export async function addDecisions(facts: FactStore, run: string, decisions: readonly Decision[]): Promise<void> {
  const [first] = decisions;
  if (!first) return;
  const parts = Math.ceil(decisions.length / findingsAtOnce);
  const id = parts > 1 ? digestOf(decisions) : '';
  for (let part = 0; part < parts; part++) {
    const own = decisions.slice(part * findingsAtOnce, (part + 1) * findingsAtOnce);
    const body: DecisionsPart = { decisions: own, ...(parts > 1 ? { of: { id, part, parts } } : {}) };
    await facts.add(decisionTopic(run), first.by, first.at, body);
  }
}

/** The newest decision on each line. */
export async function decisionsOf(facts: FactStore, run: string): Promise<Map<string, Decision>> {
  const rows = (await facts.list(decisionTopic(run))).map(({ body }) => body as DecisionsPart);
  const there = new Map<string, Set<number>>();
  for (const { of } of rows) if (of) there.set(of.id, (there.get(of.id) ?? new Set()).add(of.part));
  const whole = rows.filter(({ of }) => !of || there.get(of.id)!.size === of.parts);
  return new Map(whole.flatMap(({ decisions }) => decisions).map((one) => [one.line, one]));
}

/** Pairs of account and person that somebody has confirmed: they were alike by name and department only. */
const matchTopic = 'account.match';

export async function addMatch(
  facts: FactStore,
  at: string,
  match: { account: string; person: string; by: string; is: boolean },
): Promise<void> {
  await facts.add(matchTopic, match.account, at, match);
}

/** The newest word about each account. */
export async function matchAnswers(facts: FactStore): Promise<Map<string, { person: string; is: boolean }>> {
  const rows = await facts.list(matchTopic);
  return new Map(rows.map(({ key, body }) => [key, body as { person: string; is: boolean }]));
}

export async function confirmedMatches(facts: FactStore): Promise<Map<string, string>> {
  const answers = await matchAnswers(facts);
  return new Map([...answers].flatMap(([key, { person, is }]) => (is ? [[key, person] as const] : [])));
}

/** Rules for passwords as a run read and judged them. */
export interface PoliciesFact {
  rules: JudgedRule[];
  secondFactors: SecondFactorCount[];
  /** Something is required: a weak rule is a failure. */
  required: boolean;
  /** Directories that did not tell, with the reason. */
  problems: string[];
}

function policyTopic(run: string): string {
  return runTopic(run, 'account.policy');
}

export async function addPolicies(facts: FactStore, run: string, at: string, policies: PoliciesFact): Promise<void> {
  await facts.add(policyTopic(run), 'rules', at, policies);
}

export async function policiesOf(facts: FactStore, run: string): Promise<PoliciesFact | undefined> {
  const [row] = await facts.list(policyTopic(run), { newestFirst: true, limit: 1 });
  return row?.body as PoliciesFact | undefined;
}

/** One try to tell somebody something. Without an outcome the process died before it knew whether it went out. */
interface NoticeTry {
  /** Names of what stood in it. */
  lines: string[];
  outcome?: 'sent' | 'failed';
}

function noticeTopic(run: string): string {
  return runTopic(run, 'account.notices');
}

/** Written before it is sent, so that a try that was cut off is seen. Only whoever holds the run, or its list, tells of it. */
export async function beginNotice(
  facts: FactStore,
  run: string,
  to: string,
  at: string,
  lines: readonly string[],
): Promise<void> {
  await facts.add(noticeTopic(run), to, at, { begin: lines });
}

export async function endNotice(
  facts: FactStore,
  run: string,
  to: string,
  at: string,
  outcome: 'sent' | 'failed',
): Promise<void> {
  await facts.add(noticeTopic(run), to, at, { end: outcome });
}

async function noticeTries(facts: FactStore, run: string, to: string): Promise<NoticeTry[]> {
  const tries: NoticeTry[] = [];
  for (const { body } of await facts.list(noticeTopic(run), { key: to })) {
    const fact = body as { begin: string[] } | { end: 'sent' | 'failed' };
    const last = tries.at(-1);
    if ('begin' in fact) tries.push({ lines: fact.begin });
    else if (last) last.outcome = fact.end;
  }
  return tries;
}

/** What somebody is still to be told. */
export interface OpenNotice {
  lines: string[];
  /** Some of it may have arrived: a try was cut off. It is sent once more, and says so. */
  again: boolean;
  /** Cut off twice: it is not sent a third time. */
  givenUp: string[];
}

/** @param lines names of everything that is to be told by now */
export async function openNotice(
  facts: FactStore,
  run: string,
  to: string,
  lines: readonly string[],
): Promise<OpenNotice> {
  const tries = await noticeTries(facts, run, to);
  const sent = new Set(tries.flatMap(({ lines, outcome }) => (outcome === 'sent' ? lines : [])));
  const cutOff = (line: string) => tries.filter((one) => one.outcome === undefined && one.lines.includes(line)).length;
  const left = lines.filter((line) => !sent.has(line));
  const open = left.filter((line) => cutOff(line) < 2);
  return {
    lines: open,
    again: open.some((line) => cutOff(line) > 0),
    givenUp: left.filter((line) => cutOff(line) >= 2),
  };
}
