import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { Audit } from '../audit/audit.ts';
import { isRead } from '../audit/read-all.ts';
import type { Judged } from '../findings/types.ts';
import type { KnownPerson } from '../matching/people.ts';
import { CapCounts } from '../plan/caps.ts';
import { accountId } from '../record/account-id.ts';
import type { HeldFact } from '../record/held.ts';
import { stages } from '../schema/rules.ts';
import type { Company } from '../schema/spec.ts';
import { itemOf } from './item.ts';
import { type Known, knownOf } from './known.ts';
import { emptyPlan, keepWithin, type PersonPlan } from './person-plan.ts';
import { tellPerson } from './staff.ts';

export interface RevocationContext {
  actor: string;
  /** Why it is done although the roster does not say that the person has left. */
  reason?: string;
  /** What the record says of accounts that this tool has disabled. */
  held: readonly HeldFact[];
}

/**
 * Closes every account of somebody, or of everybody who has left, at once: disabled, without rights, sessions, keys and jobs, and held. What cannot be
 * reached is told, and done by the next run. `person`: an employee number, or `leavers`.
 * When a source was not read nobody is a leaver. A person who is named with a reason is one all the same, by the employee number that the accounts carry: a
 * roster that does not answer keeps no account of somebody open who was dismissed a minute ago.
 * @throws OaopsError exit 4: `person-unknown`, `reason-needed`, `too-many-changes`; as a source that was not read, for leavers or without a reason
 */
export function planRevocation(audit: Audit, company: Company, person: string, context: RevocationContext): PersonPlan {
  const revocation = new Revocation(audit, company, context);
  return person === 'leavers' ? revocation.leavers() : revocation.one(person);
}

class Revocation {
  readonly #audit: Audit;
  readonly #company: Company;
  readonly #context: RevocationContext;
  readonly #known: Known;
  readonly #held: ReadonlySet<string>;
  #isForAll = false;
  readonly #plan: PersonPlan = emptyPlan();

  constructor(audit: Audit, company: Company, context: RevocationContext) {
    this.#audit = audit;
    this.#company = company;
    this.#context = context;
    this.#known = knownOf(audit, company, context.actor);
    this.#held = new Set(
      context.held.filter(({ state }) => state === 'held').map(({ directory, key }) => accountId(directory, key)),
    );
    for (const one of audit.read.directories)
      if (!isRead(one))
        this.#plan.spared.push(`${one.id} was not read, its accounts are still to be revoked: ${one.error.message}`);
      else
        for (const problem of one.read.problems) this.#plan.spared.push(`${one.spec.id} was read in part: ${problem}`);
  }

  one(id: string): PersonPlan {
    const unread = this.#audit.read.sources.find((source) => !isRead(source));
    const { reason } = this.#context;
    if (unread && !isRead(unread)) {
      if (reason === undefined) throw sourceNotRead(unread.id, unread.error);
      this.#plan.spared.push(
        `${unread.id} was not read, so accounts without the employee number ${id} are still to be looked for: ${unread.error.message}`,
      );
    }
    const person = this.#known.staff.numbered(id);
    const numbered = this.#known.belongings.numbered(id);
    if (!person) {
      // Known to nobody who answers: whoever gives a reason means the number that accounts carry.
      const carrying = unread ? numbered : this.#carrying(id);
      if (reason === undefined || (carrying.length === 0 && !unread)) this.#known.staff.require(id);
      for (const one of carrying) this.#account(one, undefined, [`named by ${this.#context.actor}: ${reason}`]);
      return this.#plan;
    }
    const who = tellPerson(person);
    const hasLeft = person.employment === 'left';
    if (!hasLeft && reason === undefined)
      throw new OaopsError('reason-needed', tellStaying(person), {
        exitCode: ExitCode.refused,
        next: 'Say why with --reason TEXT when the roster is behind; it is kept with the run.',
      });
    const evidence = [
      hasLeft ? tellLeft(person) : tellStaying(person),
      ...(reason === undefined ? [] : [`named by ${this.#context.actor}: ${reason}`]),
    ];
    const own = [...this.#known.belongings.sure(person), ...numbered];
    for (const one of own) this.#account(one, person, evidence);
    this.#tellDoubtful(person);
    if (own.length === 0) this.#plan.notes.push(`no account of ${who} was found`);
    for (const { account } of this.#known.belongings.owned(person))
      this.#plan.notes.push(`${account.login} (${account.directory}) is no person's, and ${who} answers for it`);
    return this.#plan;
  }

  leavers(): PersonPlan {
    this.#isForAll = true;
    const unread = this.#audit.read.sources.find((source) => !isRead(source));
    if (unread && !isRead(unread)) throw sourceNotRead(unread.id, unread.error);
    const counts = new CapCounts();
    for (const one of this.#audit.judged.accounts) {
      const { account, use, match } = one;
      const count = counts.of(account.directory);
      if (use !== 'person') continue;
      if (account.state !== 'disabled') count.enabled++;
      const known = match.kind === 'person' ? match.person : match.kind === 'unknown' ? match.perhaps : undefined;
      const person = known?.employment === 'left' ? this.#known.staff.numbered(known.id) : undefined;
      // What another source knows better is judged by all of them together.
      if (person?.employment !== 'left' || this.#isOver(one)) continue;
      const evidence = [tellLeft(person)];
      if (match.kind === 'unknown') {
        this.#spare(
          one,
          `it may be of ${person.id}, who has left; say whose it is with "oaops account review --confirm": ${match.reason}`,
        );
        continue;
      }
      if (match.kind === 'person' && match.unconfirmed) {
        this.#spare(
          one,
          `it is only like ${person.id} by name and department; confirm it with "oaops account review --confirm"`,
        );
        continue;
      }
      const before = this.#plan.changes.length;
      this.#account(one, person, evidence);
      if (this.#plan.changes.length > before && account.state !== 'disabled') count.changed++;
    }
    keepWithin(this.#company.caps, counts, this.#plan);
    return this.#plan;
  }

  /** Closed by an earlier run, and nobody has given it anything since. */
  #isOver({ account }: Judged): boolean {
    return (
      account.state === 'disabled' &&
      account.rights.length === 0 &&
      this.#held.has(accountId(account.directory, account.key))
    );
  }

  #account(one: Judged, person: KnownPerson | undefined, evidence: string[]): void {
    const { account, use } = one;
    const can = this.#known.directories.get(account.directory)!.can;
    const reason = this.#known.protection.reason({
      account,
      use,
      findings: [],
      ...(person === undefined ? {} : { person: person.id }),
    });
    if (reason !== undefined) {
      // Of all leavers it is told each day; whoever names one person wants it done.
      if (this.#isForAll) this.#plan.kept.push(lineOf(one, reason));
      else this.#spare(one, reason);
      return;
    }
    const open = stages.filter(
      (stage) =>
        !(
          (stage === 'disable' && account.state === 'disabled') ||
          (stage === 'strip' && account.rights.length === 0) ||
          (stage === 'hold' && account.held)
        ),
    );
    const changes = open.filter((stage) => can.has(stage)).map((stage) => ({ do: stage }));
    // Whoever can still log in, or holds rights, is not revoked; places and sessions are not in every directory.
    const unable = open.filter((stage) => !can.has(stage) && (stage === 'disable' || stage === 'strip'));
    if (unable.length > 0) this.#spare(one, `the directory is not able to ${unable.join(' and to ')}`);
    if (changes.length === 0) return;
    // As a leaver's: a later cleanup deletes it after the hold, once the roster says so, too.
    const item = itemOf(one, { changes, findings: ['leaver'], evidence, person, staff: this.#known.staff });
    this.#plan.changes.push({ ...item, atOnce: true });
  }

  #tellDoubtful(person: KnownPerson): void {
    const told = new Set(this.#plan.changes.map(({ directory, ref }) => accountId(directory, ref.key)));
    for (const { one, reason } of this.#known.belongings.doubtful(person))
      if (!told.has(accountId(one.account.directory, one.account.key))) this.#spare(one, `it may be theirs: ${reason}`);
  }

  /** Accounts of persons that carry an employee number which no source knows. */
  #carrying(id: string): Judged[] {
    const { index } = this.#known.staff;
    const key = index.keyOf('employee', { employee: id });
    return this.#audit.judged.accounts.filter(
      ({ account, use, match }) =>
        use === 'person' && match.kind === 'nobody' && index.keyOf('employee', account) === key,
    );
  }

  #spare(one: Judged, reason: string): void {
    this.#plan.spared.push(lineOf(one, reason));
  }
}

/** Why somebody is no leaver. */
function tellStaying(person: KnownPerson): string {
  const { employment, unclear, where, endsOn } = person;
  const who = tellPerson(person);
  if (employment === 'unclear')
    return `it is not clear whether ${who} is employed: ${unclear ?? 'the source says two things'} (${where})`;
  if (employment === 'future') return `${who} is not employed yet according to the roster (${where})`;
  if (endsOn !== undefined) return `${who} is employed until ${endsOn} according to the roster (${where})`;
  return `${who} is employed according to the roster (${where})`;
}

function tellLeft(person: KnownPerson): string {
  const { endsOn, where } = person;
  const who = tellPerson(person);
  return endsOn === undefined ? `${who} has left (${where})` : `${who} left on ${endsOn} (${where})`;
}

function lineOf({ account }: Judged, reason: string): string {
  return `${account.login} (${account.directory}): ${reason}`;
}

function sourceNotRead(id: string, error: OaopsError): OaopsError {
  return new OaopsError(error.code, `the source ${id} was not read, so nothing is planned: ${error.message}`, {
    exitCode: ExitCode.refused,
    next: 'Repair the source. Somebody who has to go at once: name the employee number, and say why with --reason TEXT.',
    details: error.details,
    cause: error,
  });
}
