import { sha256Hex } from '../../core/json.ts';
import type { Audit } from '../audit/audit.ts';
import { isRead } from '../audit/read-all.ts';
import { Protection } from '../company/protection.ts';
import type { EntryItem } from '../entry/entry.ts';
import type { Judged } from '../findings/types.ts';
import { PeopleIndex } from '../matching/people.ts';
import { signingNames } from '../person/staff.ts';
import { accountId } from '../record/account-id.ts';
import type { HeldFact } from '../record/held.ts';
import type { CleanupSpec } from '../schema/rules.ts';
import type { Company } from '../schema/spec.ts';
import { capRefused, checkCaps } from './caps.ts';
import { type ChangePlan, type PlannedChange, planChanges, type Spared } from './changes.ts';

/** What planning found out about entries. */
export interface PlannedEntries {
  changes: EntryItem[];
  deletions: EntryItem[];
  /** Left alone although something is to be done, and by rule; one line each. */
  spared: string[];
  kept: string[];
  /** Why so many changes need a second person. */
  secondPerson: string[];
}

/** What is needed to tell the people concerned, and to sort lists by their heads. */
export class Concerned {
  readonly #judged: Map<string, Judged>;
  readonly #people: PeopleIndex;

  /** `ids`: `directory|key` of the accounts that it will be asked about. */
  constructor({ read, judged }: Audit, company: Company, ids: ReadonlySet<string>) {
    this.#people = new PeopleIndex(read.sources.filter(isRead), company.matching.ignoreCase);
    this.#judged = new Map(
      judged.accounts.flatMap((one) => {
        const id = accountId(one.account.directory, one.account.key);
        return ids.has(id) ? [[id, one] as const] : [];
      }),
    );
  }

  judged(directory: string, key: string): Judged | undefined {
    return this.#judged.get(accountId(directory, key));
  }

  /** Mail addresses, as far as they are known. */
  mails(item: { directory: string; ref: { key: string }; head?: string }): NonNullable<EntryItem['mails']> {
    const one = this.judged(item.directory, item.ref.key);
    const person = one?.match.kind === 'person' ? one.match.person.mail : undefined;
    const head = item.head === undefined ? undefined : this.#people.named(item.head)?.mail;
    const owner = one?.account.owner === undefined ? undefined : this.#people.named(one.account.owner)?.mail;
    return {
      ...(person === undefined ? {} : { person }),
      ...(head === undefined ? {} : { head }),
      ...(owner === undefined ? {} : { owner }),
    };
  }

  /** Names by which the head of an account's person may sign; nothing when no such person is known. */
  headNames({ head: id }: { head?: string }): Pick<EntryItem, 'headNames' | 'headName'> {
    const head = id === undefined ? undefined : this.#people.named(id);
    if (!head) return {};
    return { headNames: signingNames(head), ...(head.name === undefined ? {} : { headName: head.name }) };
  }
}

/**
 * What a cleanup would do, from what was found.
 * @throws OaopsError `too-many-changes` (exit 4)
 */
export function planCleanup(
  audit: Audit,
  company: Company,
  {
    cleanup,
    held,
    actor,
    findings,
  }: { cleanup: CleanupSpec; held: readonly HeldFact[]; actor: string; findings?: readonly string[] },
): PlannedEntries {
  const directories = audit.read.directories.filter(isRead);
  const plan = planChanges({
    findings: audit.judged.findings.filter(({ type }) => !findings || findings.includes(type)),
    accounts: audit.judged.accounts,
    directories: directories.map(({ spec, can }) => ({ id: spec.id, can })),
    rules: cleanup.rules,
    held,
    protection: new Protection(company.protected, { names: [actor] }),
    // The plan is made before its run: nothing is disabled and deleted by the same one.
    run: '',
    nowMs: audit.atMs,
  });
  const verdict = checkCaps(company.caps, plan.counts);
  if (verdict.verdict === 'refuse') throw capRefused(verdict.reasons);
  return {
    ...itemsOfPlan(plan, audit, company),
    spared: [...plan.spared.filter(({ byRule }) => !byRule).map(sparedLine), ...plan.toConfirm.map(confirmLine)],
    kept: plan.spared.filter(({ byRule }) => byRule).map(sparedLine),
    secondPerson: verdict.verdict === 'second-person' ? verdict.reasons : [],
  };
}

function itemsOfPlan(plan: ChangePlan, audit: Audit, company: Company): Pick<PlannedEntries, 'changes' | 'deletions'> {
  const all = [...plan.changes, ...plan.deletions];
  const concerned = new Concerned(
    audit,
    company,
    new Set(all.map(({ directory, ref }) => accountId(directory, ref.key))),
  );
  const itemOf = ({ heldSince, ...planned }: PlannedChange): EntryItem => ({
    ...planned,
    line: lineOf(planned.directory, planned.ref.key),
    evidence: heldSince
      ? [...planned.evidence, `held since ${heldSince.since} by run ${heldSince.run}`]
      : planned.evidence,
    mails: concerned.mails(planned),
    ...concerned.headNames(planned),
  });
  return { changes: plan.changes.map(itemOf), deletions: plan.deletions.map(itemOf) };
}

/** The name of an account's line in plans and lists: the same each time, and short enough to be typed. */
export function lineOf(directory: string, key: string): string {
  return sha256Hex(accountId(directory, key)).slice(0, 12);
}

function sparedLine({ directory, ref, evidence, reason }: Spared): string {
  return [`${ref.login} (${directory}): ${reason}`, ...evidence].join('; ');
}

function confirmLine({ directory, ref, evidence, person }: PlannedChange): string {
  const like =
    person === undefined
      ? `${ref.login} (${directory}): it is only like its person by name and department`
      : `${ref.login} (${directory}): it is only like ${person} by name and department`;
  return [like, ...evidence, 'confirm it with "oaops account review --confirm"'].join('; ');
}
