import type { Protection } from '../company/protection.ts';
import type { ChangeName } from '../directory.ts';
import type { EntryItem } from '../entry/entry.ts';
import type { Judged } from '../findings/types.ts';
import { comparable } from '../matching/comparable.ts';
import { placeNames } from '../matching/people.ts';
import { type Account, type Finding, type FindingType, isOfRights } from '../model.ts';
import type { HeldFact } from '../record/held.ts';
import { type CleanupSpec, stages } from '../schema/rules.ts';
import { type CapCount, CapCounts } from './caps.ts';
import { seenOf } from './seen.ts';

/** One account and what would be done to it; `delete` stands alone. */
export interface PlannedChange extends Omit<EntryItem, 'line'> {
  /** Of a deletion: the run that has disabled it, and when (ISO UTC). */
  heldSince?: { run: string; since: string };
}

/** An account that something was found about, and that is left as it is. */
export interface Spared
  extends Pick<PlannedChange, 'directory' | 'ref' | 'findings' | 'evidence' | 'person' | 'department'> {
  reason: string;
  /** That is the rule, and nothing is left open by it; absent: it ought to be done, and cannot be. */
  byRule?: true;
}

export interface ChangePlan {
  changes: PlannedChange[];
  deletions: PlannedChange[];
  /** Somebody has to say first that they are meant; they are not carried out. */
  toConfirm: PlannedChange[];
  spared: Spared[];
  counts: CapCount[];
}

export interface ChangeRequest {
  findings: readonly Finding[];
  /** Every account of the directories that were judged. */
  accounts: readonly Judged[];
  directories: readonly { id: string; can: ReadonlySet<ChangeName | 'create'> }[];
  rules: CleanupSpec['rules'];
  /** What the record says of accounts that this tool has disabled, the newest word about each. */
  held: readonly HeldFact[];
  protection: Protection;
  /** This run: what it has disabled itself it does not delete, however short the hold is. */
  run: string;
  nowMs: number;
}

/** Makes a plan from what was found. Of several findings about one account everything is done that one of them asks for. */
export function planChanges(request: ChangeRequest): ChangePlan {
  const plan: ChangePlan = { changes: [], deletions: [], toConfirm: [], spared: [], counts: [] };
  const able = new Map(request.directories.map(({ id, can }) => [id, can]));
  const rules = new Map<FindingType, CleanupSpec['rules'][number][]>();
  for (const rule of request.rules) rules.set(rule.finding, [...(rules.get(rule.finding) ?? []), rule]);
  const byAccount = Map.groupBy(
    request.findings.filter(({ type }) => rules.has(type)),
    idOf,
  );
  const held = new Map(request.held.map((one) => [idOf(one), one]));
  const counts = new CapCounts();
  for (const one of request.accounts) {
    const { account, use } = one;
    const count = counts.of(account.directory);
    if (use === 'person' && account.state !== 'disabled') count.enabled++;
    const can = able.get(account.directory);
    if (!can) continue;
    const id = byAccount.size + held.size > 0 ? idOf(account) : '';
    const findings = byAccount.get(id);
    if (findings) planOne(one, findings, { rules, can, protection: request.protection }, plan, count);
    else if (account.state === 'disabled') {
      const fact = held.get(id);
      if (fact?.state === 'held' && fact.run !== request.run) {
        const place = { rules, can, request };
        if (!planDeletion(one, fact, place, plan, count)) planRest(one, fact, place, plan, count);
      }
    }
  }
  plan.counts = counts.all();
  return plan;
}

type Rules = ReadonlyMap<FindingType, readonly CleanupSpec['rules'][number][]>;

function planOne(
  one: Judged,
  findings: readonly Finding[],
  { rules, can, protection }: { rules: Rules; can: ReadonlySet<string>; protection: Protection },
  plan: ChangePlan,
  count: CapCount,
): void {
  // What has to be confirmed does not become sure by something else that was found.
  const sure = findings.filter(({ unconfirmed }) => !unconfirmed);
  const acting = sure.length > 0 ? sure : findings;
  const planned = plannedFor(one, acting);
  const reason = protection.reason(questionOf(one, planned.findings));
  if (reason !== undefined) {
    plan.spared.push({ ...sparedOf(planned, reason), byRule: true });
    return;
  }
  const asked = new Set(acting.flatMap(({ type }) => rules.get(type) ?? []).flatMap((rule) => rule.do));
  planned.changes = stages
    .filter((stage) => asked.has(stage) && can.has(stage) && !isDone(stage, one.account))
    .map((stage) => ({ do: stage }));
  if (planned.changes.length === 0) {
    plan.spared.push(sparedOf(planned, 'the directory is able to do none of what is asked for'));
    return;
  }
  if (sure.length === 0) plan.toConfirm.push(planned);
  else {
    plan.changes.push(planned);
    if (one.use === 'person') count.changed++;
    else count.others++;
  }
}

function isDone(stage: ChangeName, account: Account): boolean {
  if (stage === 'disable') return account.state === 'disabled';
  if (stage === 'hold') return account.held;
  return stage === 'strip' && account.rights.length === 0;
}

/** What could not be taken away when it was disabled, or was given since: nobody would come back to it. */
function planRest(
  one: Judged,
  fact: HeldFact,
  { rules, can, request }: { rules: Rules; can: ReadonlySet<string>; request: ChangeRequest },
  plan: ChangePlan,
  count: CapCount,
): void {
  const { account } = one;
  const standing = fact.findings.filter(
    (type) => one.standing?.includes(type) && rules.get(type)?.some((rule) => rule.do.includes('strip')),
  );
  if (standing.length === 0 || account.rights.length === 0 || !can.has('strip')) return;
  const planned = plannedFor(one, []);
  if (!isOf(fact, account, planned.person) || request.protection.reason(questionOf(one, standing))) return;
  planned.findings = standing;
  planned.evidence = [`disabled by run ${fact.run}`, `it still holds ${account.rights.length} rights`];
  planned.changes = [{ do: 'strip' }];
  plan.changes.push(planned);
  count.others++;
}

/** @returns whether its hold is over */
function planDeletion(
  one: Judged,
  fact: HeldFact,
  { rules, can, request }: { rules: Rules; can: ReadonlySet<string>; request: ChangeRequest },
  plan: ChangePlan,
  count: CapCount,
): boolean {
  const { account } = one;
  const after = fact.findings.flatMap((type) => (rules.get(type) ?? []).map((rule) => ({ type, rule })));
  const deleteAfter = after.flatMap(({ rule }) => rule.deleteAfter ?? []);
  if (deleteAfter.length === 0) return false;
  const sinceMs = Date.parse(fact.since);
  // Of several the longest: nothing is deleted earlier than any rule allows. A time that cannot be read is never long ago.
  if (!(request.nowMs - sinceMs >= Math.max(...deleteAfter))) return false;
  const planned = plannedFor(one, []);
  planned.findings = [...fact.findings];
  planned.changes = [{ do: 'delete' }];
  planned.heldSince = { run: fact.run, since: fact.since };
  const wasMoved = after.some(({ rule }) => rule.do.includes('hold')) && can.has('hold');
  const standing = after.some(
    ({ type, rule }) => rule.deleteAfter !== undefined && one.standing?.includes(type) === true,
  );
  const protectedBy = standing ? request.protection.reason(questionOf(one, planned.findings)) : undefined;
  const reason = !can.has('delete')
    ? 'the directory is not able to delete it'
    : !isOf(fact, account, planned.person)
      ? 'it is another account, or another person’s, than the one that was disabled'
      : wasMoved && !account.held
        ? 'somebody has moved it out of the hold area'
        : 'at' in account.lastUse && !account.lastUse.orBefore && account.lastUse.at > sinceMs
          ? 'it was used after it was disabled'
          : standing
            ? protectedBy
            : 'the reason for which it was disabled is gone, or cannot be seen now';
  if (reason !== undefined) {
    plan.spared.push({ ...sparedOf(planned, reason), ...(reason === protectedBy ? { byRule: true } : {}) });
    return true;
  }
  plan.deletions.push(planned);
  count.deleted++;
  return true;
}

/** Keys and logins are given again to others. */
function isOf(fact: HeldFact, { login }: Account, person: string | undefined): boolean {
  const isSame = (a: string, b: string) => comparable(a, true) === comparable(b, true);
  return (
    isSame(fact.login, login) && (fact.person === undefined || (person !== undefined && isSame(fact.person, person)))
  );
}

/** An account as a plan names it; what is to be done to it is still empty. */
export function plannedFor({ account, match, alike }: Judged, findings: readonly Finding[]): PlannedChange {
  const planned: PlannedChange = {
    directory: account.directory,
    ref: { key: account.key, name: account.name, login: account.login },
    findings: findings.map(({ type }) => type),
    evidence: findings.map(({ evidence }) => evidence),
    changes: [],
    seen: seenOf(account),
  };
  const person = match.kind === 'person' ? match.person : undefined;
  const personName = person?.name ?? account.personName;
  const department = person?.department ?? account.department;
  if (person) planned.person = person.id;
  if (personName !== undefined) planned.personName = personName;
  if (department !== undefined) planned.department = department;
  if (person && findings.some(({ type }) => isOfRights(type))) planned.places = placeNames(person);
  if (person?.manager !== undefined) planned.head = person.manager;
  if (alike) planned.alike = alike;
  return planned;
}

export function questionOf({ account, use, match }: Judged, findings: readonly FindingType[]) {
  return { account, use, findings, ...(match.kind === 'person' ? { person: match.person.id } : {}) };
}

function sparedOf({ directory, ref, findings, evidence, person, department }: PlannedChange, reason: string): Spared {
  const spared: Spared = { directory, ref, findings, evidence, reason };
  if (person !== undefined) spared.person = person;
  if (department !== undefined) spared.department = department;
  return spared;
}

function idOf({ directory, key }: { directory: string; key: string }): string {
  return `${directory}|${key}`;
}
