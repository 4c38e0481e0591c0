import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { Audit } from '../audit/audit.ts';
import { isRead } from '../audit/read-all.ts';
import type { Change } from '../directory.ts';
import type { EntryItem } from '../entry/entry.ts';
import { Exceptions } from '../findings/exceptions.ts';
import type { Judged } from '../findings/types.ts';
import { comparable } from '../matching/comparable.ts';
import { type KnownPerson, placeNames, placesOf } from '../matching/people.ts';
import type { FindingType } from '../model.ts';
import { CapCounts } from '../plan/caps.ts';
import type { Company } from '../schema/spec.ts';
import { type Asked, approvalsFor, headProblem } from './approval.ts';
import { differingRights, dueRights } from './due.ts';
import { itemOf } from './item.ts';
import { type Known, knownOf } from './known.ts';
import { emptyPlan, keepWithin, type PersonPlan } from './person-plan.ts';
import { tellPerson } from './staff.ts';

export interface TransferContext {
  canApprove: boolean;
  actor: string;
  todayDate: string;
}

/**
 * Brings the rights of somebody, or of everybody whose account still shows another department or post than the roster, to what the role asks for:
 * what is beyond it is taken away, what is missing is given, and the account gets the new department and post.
 * `person`: an employee number, or `all`.
 * @throws OaopsError exit 4: `person-unknown`, `person-not-employed`, `account-none`, `role-unknown`, `head-unknown`, `too-many-changes` ...
 */
export function planTransfer(audit: Audit, company: Company, person: string, context: TransferContext): PersonPlan {
  const transfer = new Transfer(audit, company, context);
  return person === 'all' ? transfer.all() : transfer.one(person);
}

class Transfer {
  readonly #audit: Audit;
  readonly #company: Company;
  readonly #context: TransferContext;
  readonly #known: Known;
  readonly #exceptions: Exceptions;
  /** Directories that keep a department or a post, seen by their accounts. */
  readonly #keeps: ReadonlyMap<string, ReadonlySet<string>>;
  #isForAll = false;
  readonly #plan: PersonPlan = emptyPlan();

  constructor(audit: Audit, company: Company, context: TransferContext) {
    this.#audit = audit;
    this.#company = company;
    this.#context = context;
    this.#known = knownOf(audit, company, context.actor);
    this.#exceptions = new Exceptions(company.policies.exceptions, context.todayDate);
    this.#keeps = keptAttributes(audit);
    for (const one of audit.read.directories)
      if (!isRead(one)) this.#plan.spared.push(`${one.id} was not read, start again later: ${one.error.message}`);
  }

  one(id: string): PersonPlan {
    const person = this.#known.staff.require(id);
    const who = tellPerson(person);
    if (person.employment !== 'active')
      throw new OaopsError('person-not-employed', `${who} is not employed now (${person.where})`, {
        exitCode: ExitCode.refused,
        next: 'Accounts of leavers are closed with "oaops account revoke".',
      });
    for (const { one, reason } of this.#known.belongings.doubtful(person))
      this.#plan.spared.push(`${one.account.login} (${one.account.directory}) may be theirs: ${reason}`);
    const own = this.#known.belongings.sure(person);
    if (own.length === 0 && this.#plan.spared.length === 0)
      throw new OaopsError('account-none', `no account of ${who} was found`, {
        exitCode: ExitCode.refused,
        next: `Open one with: oaops account open --person ${person.id}`,
      });
    for (const one of own) this.#account(one, person);
    return this.#approved();
  }

  all(): PersonPlan {
    this.#isForAll = true;
    const counts = new CapCounts();
    for (const one of this.#audit.judged.accounts) {
      const { account, match, use } = one;
      const count = counts.of(account.directory);
      if (use !== 'person' || account.state === 'disabled') continue;
      count.enabled++;
      if (match.kind !== 'person' || match.unconfirmed || match.person.employment !== 'active') continue;
      const person = this.#known.staff.numbered(match.person.id);
      if (!person || Object.keys(this.#moved(one, person)).length === 0) continue;
      const before = this.#plan.changes.length;
      this.#account(one, person);
      if (this.#plan.changes.length > before) count.changed++;
    }
    this.#spareWithoutHead(counts);
    keepWithin(this.#company.caps, counts, this.#plan);
    return this.#approved();
  }

  #account(one: Judged, person: KnownPerson): void {
    const { account } = one;
    const directory = this.#known.directories.get(account.directory);
    if (!directory) return;
    const name = `${account.login} (${account.directory})`;
    if (account.state === 'disabled' || account.held) {
      this.#plan.notes.push(`${name} is disabled: it is left so`);
      return;
    }
    const { spec, can } = directory;
    const due = dueRights(person, spec, this.#audit.roles);
    if (due.missing !== undefined) {
      this.#plan.spared.push(
        `${name}: the roster does not say the ${due.missing} of ${tellPerson(person)} (${person.where})`,
      );
      return;
    }
    const differing = differingRights(account.rights, due, { spec, roles: this.#audit.roles });
    const beyond = this.#accepted('rights-beyond-role', differing.beyond, one);
    const missing = this.#accepted('rights-missing', differing.missing, one);
    const attributes = this.#moved(one, person);
    const wanted: Change[] = [
      // Taken first: for no moment somebody holds the rights of both posts.
      ...(beyond.length > 0 ? [{ do: 'strip', rights: beyond } as const] : []),
      ...(missing.length > 0 ? [{ do: 'grant', rights: missing } as const] : []),
      ...(Object.keys(attributes).length > 0 ? [{ do: 'update', attributes } as const] : []),
    ];
    const changes = wanted.filter((change) => can.has(change.do));
    // Departments that a directory takes over from elsewhere are no business of this run.
    const unable = wanted.filter((change) => !can.has(change.do) && change.do !== 'update').map((change) => change.do);
    const question = { account, use: one.use, person: person.id, findings: [] };
    const reason = wanted.length > 0 ? this.#known.protection.reason(question) : undefined;
    // Of all it is told each time; whoever names one person wants it done.
    if (reason !== undefined) (this.#isForAll ? this.#plan.kept : this.#plan.spared).push(`${name}: ${reason}`);
    else {
      if (unable.length > 0) this.#plan.spared.push(`${name}: the directory is not able to ${unable.join(' and to ')}`);
      if (changes.length > 0) this.#plan.changes.push(this.#item(one, person, changes, due.because));
    }
  }

  #item(one: Judged, person: KnownPerson, changes: Change[], because: readonly string[]): EntryItem {
    const findings: FindingType[] = changes.flatMap((change) =>
      change.do === 'strip' ? 'rights-beyond-role' : change.do === 'grant' ? 'rights-missing' : [],
    );
    const place = placeNames(person);
    const grants = changes.some((change) => change.do === 'grant');
    const evidence = [`works as ${place.join(', ')} (${person.where})`, ...(grants ? because : [])];
    return itemOf(one, { changes, findings, evidence, person, staff: this.#known.staff });
  }

  /** Department and post that the account should show instead of what it shows. */
  #moved({ account }: Judged, person: KnownPerson): Record<string, string> {
    const keeps = this.#keeps.get(account.directory);
    const places = placesOf(person);
    const differs = (what: 'department' | 'post') =>
      keeps?.has(what) === true &&
      places.every((place) => comparable(place[what], true) !== comparable(account[what], true));
    const moved: Record<string, string> = {};
    for (const what of ['department', 'post'] as const) {
      const now = person[what];
      if (now !== undefined && now !== '' && differs(what)) moved[what] = now;
    }
    return moved;
  }

  /** What is left of rights after those that somebody has accepted. */
  #accepted(type: FindingType, rights: string[], { account }: Judged): string[] {
    if (rights.length === 0) return rights;
    const { directory, key, name, login } = account;
    const finding = { type, directory, key, account: name, login, evidence: '', rights };
    return this.#exceptions.left(finding, account)?.rights ?? [];
  }

  /** Of many people one whose head cannot be asked does not stop the others. */
  #spareWithoutHead(counts: CapCounts): void {
    if (this.#company.opening.approval !== 'head') return;
    this.#plan.changes = this.#plan.changes.filter((item) => {
      const person = this.#known.staff.numbered(item.person!);
      const problem = person && grantsOf(item).length > 0 ? headProblem(person, this.#approving()) : undefined;
      if (!problem) return true;
      counts.of(item.directory).changed--;
      this.#plan.spared.push(`${item.ref.login} (${item.directory}): ${problem.message}`);
      return false;
    });
  }

  #approved(): PersonPlan {
    const asked = new Map<string, Asked>();
    for (const item of this.#plan.changes) {
      const grants = grantsOf(item);
      const person = this.#known.staff.numbered(item.person!);
      if (grants.length === 0 || !person) continue;
      const one = asked.get(person.id) ?? { person, what: [] };
      one.what.push(`${item.directory} ${item.ref.login} gets ${grants.join(', ')}`);
      asked.set(person.id, one);
    }
    const verb = { en: 'Grant rights', 'zh-CN': '授予权限' };
    return { ...this.#plan, approvals: approvalsFor([...asked.values()], verb, this.#approving()) };
  }

  #approving() {
    const { canApprove, actor } = this.#context;
    return { approval: this.#company.opening.approval, staff: this.#known.staff, canApprove, actor };
  }
}

function grantsOf({ changes }: EntryItem): string[] {
  return changes.flatMap((change) => (change.do === 'grant' ? change.rights : []));
}

function keptAttributes({ judged }: Audit): Map<string, Set<string>> {
  const keeps = new Map<string, Set<string>>();
  for (const { account } of judged.accounts)
    for (const what of ['department', 'post'] as const) {
      if (account[what] === undefined) continue;
      const own = keeps.get(account.directory);
      if (own) own.add(what);
      else keeps.set(account.directory, new Set([what]));
    }
  return keeps;
}
