import type { Audit } from '../audit/audit.ts';
import { isRead } from '../audit/read-all.ts';
import { nameSet } from '../company/names.ts';
import { type RoleMatrix, rightKey } from '../company/roles.ts';
import type { Judged } from '../findings/types.ts';
import { comparable, comparableName } from '../matching/comparable.ts';
import { type KnownPerson, PeopleIndex } from '../matching/people.ts';
import { type Account, everyOne, type Finding } from '../model.ts';
import { accountId } from '../record/account-id.ts';
import type { Company } from '../schema/spec.ts';

export interface ShownRight {
  right: string;
  /** held: the account has it. */
  held: boolean;
  /** By the role matrix; null: it does not speak of this right, or whose account it is is not known. */
  due: boolean | null;
  /** Rows of the matrix that give it. */
  because: string[];
}

/** An account as its directory has it now, and what follows from it. */
export interface ShownAccount extends Omit<Account, 'rights'> {
  /** Employee number of whose it is. */
  person?: string;
  /** How that was found out, or why nobody knows. */
  match: string;
  rights: ShownRight[];
  findings: Finding[];
}

export type ShownPerson = Omit<KnownPerson, 'places'> & { places: { department?: string; post?: string }[] };

/** People and accounts that a text names. */
export interface Looked {
  people: ShownPerson[];
  accounts: ShownAccount[];
}

/**
 * People by employee number, mail, login or name, with all their accounts, and accounts by login, name, number or mail. With a directory only accounts in it are
 * meant, and the people are theirs.
 */
export function lookFor(audit: Audit, company: Company, what: string, directory: string | undefined): Looked {
  const index = new PeopleIndex(audit.read.sources.filter(isRead), company.matching.ignoreCase);
  const named = directory === undefined ? peopleCalled(index, what) : [];
  const ids = new Set(named.map(({ id }) => id));
  const key = comparable(what, true);
  const chosen = audit.judged.accounts.filter(({ account, match }) => {
    if (directory !== undefined && account.directory !== directory) return false;
    if (match.kind === 'person' && ids.has(match.person.id)) return true;
    // Number and mail too: where a source was not read, nobody is known by them but the account that carries them.
    const known = (['login', 'employee', 'mail'] as const).flatMap((field) => everyOne(account, field));
    const names = [...known, account.name, account.key];
    return names.some((name) => comparable(name, true) === key);
  });
  const people = new Map(named.map((person) => [person.id, person]));
  for (const { match } of chosen) if (match.kind === 'person') people.set(match.person.id, match.person);
  const managed = new Map(company.directories.map((spec) => [spec.id, managedOf(spec, audit.roles)]));
  const findings = Map.groupBy(audit.judged.findings, ({ directory: of, key: own }) => accountId(of, own));
  return {
    people: [...people.values()].map(shownPerson),
    accounts: chosen.map((one) =>
      shownAccount(
        one,
        audit.roles,
        managed.get(one.account.directory)!,
        findings.get(accountId(one.account.directory, one.account.key)) ?? [],
      ),
    ),
  };
}

/** Whether the matrix speaks of a right. */
type Managed = (right: string) => boolean;

function managedOf({ id, managed }: Company['directories'][number], roles: RoleMatrix): Managed {
  const names = roles.named(id);
  const declared = managed && nameSet(managed);
  return (right) => names.has(rightKey(right)) || (declared?.has(right) ?? false);
}

function peopleCalled(index: PeopleIndex, what: string): KnownPerson[] {
  const found = new Set<KnownPerson>();
  for (const way of ['employee', 'mail', 'login'] as const)
    for (const person of [index.find(way, comparable(what, index.ignoreCase)) ?? []].flat()) found.add(person);
  const name = comparableName(what, index.ignoreCase);
  if (name !== '')
    for (const person of index.people) if (comparableName(person.name, index.ignoreCase) === name) found.add(person);
  return [...found];
}

function shownPerson({ places, ...person }: KnownPerson): ShownPerson {
  const own = {
    ...(person.department === undefined ? {} : { department: person.department }),
    ...(person.post === undefined ? {} : { post: person.post }),
  };
  return { ...person, places: [...(places ?? [own])] };
}

function shownAccount(
  { account, match, use }: Judged,
  roles: RoleMatrix,
  managed: Managed,
  findings: Finding[],
): ShownAccount {
  const { rights, ...rest } = account;
  const shown: ShownAccount = { ...rest, use, match: tellMatch(match), rights: [], findings };
  const person = match.kind === 'person' ? match.person : undefined;
  if (person) shown.person = person.id;
  shown.rights = rightsOf(account.directory, rights, person, { roles, managed });
  return shown;
}

/** Rights that are held, and those that are due and missing. */
function rightsOf(
  directory: string,
  held: readonly string[],
  person: KnownPerson | undefined,
  { roles, managed }: { roles: RoleMatrix; managed: Managed },
): ShownRight[] {
  const due = new Map(
    (person ? roles.explain(person) : [])
      .filter((one) => one.directory === directory)
      .map((one) => [rightKey(one.right), one]),
  );
  const shown = held.map((right): ShownRight => {
    const reason = due.get(rightKey(right));
    due.delete(rightKey(right));
    return {
      right,
      held: true,
      due: reason !== undefined ? true : person && managed(right) ? false : null,
      because: reason?.because ?? [],
    };
  });
  // A person who is not employed any more is due nothing.
  const missing = person?.employment === 'active' ? [...due.values()] : [];
  return [
    ...shown.map((one) => (person?.employment === 'left' && one.due ? { ...one, due: false, because: [] } : one)),
    ...missing.map(({ right, because }): ShownRight => ({ right, held: false, due: true, because })),
  ];
}

function tellMatch(match: Judged['match']): string {
  switch (match.kind) {
    case 'person':
      return match.unconfirmed ? `by ${match.by}, to be confirmed` : `by ${match.by}`;
    case 'nobody':
      return 'it is of nobody';
    case 'unknown':
      return match.reason;
    case 'not-compared':
      return 'not compared with people';
  }
}
