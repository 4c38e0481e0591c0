import { type Account, everyOne } from '../model.ts';
import type { MatchWay } from '../schema/rules.ts';
import type { KnownPerson, PeopleIndex } from './people.ts';

/**
 * Whose account it is.
 * `nobody`: there was something to compare, and nobody fits. `unknown`: it cannot be told, and the account is left alone; `perhaps`: whose it is but for that.
 * `not-compared`: it is no person's, or what is known about people is not whole.
 */
export type Match =
  | { kind: 'person'; person: KnownPerson; by: MatchWay; unconfirmed?: true }
  | { kind: 'nobody'; compared: readonly MatchWay[] }
  | { kind: 'unknown'; reason: string; perhaps?: KnownPerson }
  | { kind: 'not-compared' };

export const notCompared: Match = { kind: 'not-compared' };

const wayNames: Record<MatchWay, string> = {
  employee: 'employee number',
  mail: 'mail address',
  login: 'login name',
  'name+department': 'name and department',
};

/** Several ways as they are told, by what of employee number, mail and login is among them. */
const wayLists: Record<string, string> = {
  employee: wayNames.employee,
  mail: wayNames.mail,
  login: wayNames.login,
  'employee,mail': 'employee number, mail',
  'employee,login': 'employee number, login',
  'mail,login': 'mail, login',
  'employee,mail,login': 'employee number, mail, login',
};

export function tellWays(ways: readonly MatchWay[]): string {
  const among = (['employee', 'mail', 'login'] as const).filter((way) => ways.includes(way));
  return wayLists[among.join()] ?? wayNames['name+department'];
}

/** Finds the person of each account of a directory. */
export class Matcher {
  readonly #index: PeopleIndex;
  readonly #by: readonly MatchWay[];
  readonly #confirmed: ReadonlyMap<string, string>;
  /** `nobody` is told by the ways that were compared; there are few combinations. */
  readonly #nobody = new Map<string, Match>();

  /** `confirmed`: `directory|key` -> employee number of who somebody has said it belongs to. */
  constructor(index: PeopleIndex, by: readonly MatchWay[], confirmed: ReadonlyMap<string, string>) {
    this.#index = index;
    this.#by = by;
    this.#confirmed = confirmed;
  }

  match(account: Account): Match {
    const confirmed = this.#confirmed.size > 0 ? this.#confirmed.get(`${account.directory}|${account.key}`) : undefined;
    let person: KnownPerson | undefined;
    let by: MatchWay | undefined;
    let several: { way: MatchWay; people: readonly KnownPerson[] }[] | undefined;
    const unknownNumbers: string[] = [];
    const compared: MatchWay[] = [];
    // What somebody has confirmed counts as the employee number stands for: before everything else.
    for (let at = confirmed === undefined ? 0 : -1; at < this.#by.length; at++) {
      const way = at === -1 ? 'employee' : this.#by[at]!;
      if (!this.#index.knows(way)) continue;
      const asked: Partial<Account> = at === -1 ? { employee: confirmed! } : account;
      for (const [place, key] of this.#index.keysOf(way, asked).entries()) {
        if (key === '') continue;
        if (!compared.includes(way)) compared.push(way);
        const found = this.#index.find(way, key);
        const against = (other: KnownPerson) =>
          by === way && confirmed === undefined ? ofSeveral(way, [person!, other]) : conflict(by!, person!, way, other);
        if (found === undefined) {
          if (way === 'employee') unknownNumbers.push(everyOne(asked, way)[place]!);
        } else if (isSeveral(found)) {
          if (person !== undefined && !found.includes(person)) return against(found[0]!);
          several ??= [];
          several.push({ way, people: found });
        } else if (person === undefined) {
          person = found;
          by = way;
        } else if (person !== found) return against(found);
        else if (by === 'name+department') by = way;
      }
    }
    const doubt = several?.find(({ people }) => person === undefined || isDoubtful(person, people));
    if (doubt) return ofSeveral(doubt.way, doubt.people);
    if (person === undefined || by === undefined) return this.#alike(account, compared, unknownNumbers);
    // A number that nobody has beside a login of somebody: logins are given again to others.
    if (unknownNumbers.length > 0)
      return {
        kind: 'unknown',
        reason: `nobody has its employee number ${unknownNumbers[0]!}, but its ${wayNames[by]} is of ${person.id}`,
      };
    return by === 'name+department'
      ? { kind: 'person', person, by, unconfirmed: true }
      : { kind: 'person', person, by };
  }

  /** Nobody fits; somebody may nearly do. */
  #alike(account: Account, compared: readonly MatchWay[], unknownNumbers: readonly string[]): Match {
    for (const number of unknownNumbers) {
      const alike = this.#index.numberedAlike(number);
      if (alike) return { kind: 'unknown', reason: zerosLost(number, alike) };
    }
    for (const mail of compared.includes('mail') ? everyOne(account, 'mail') : []) {
      const mailbox = this.#index.mailboxOf(mail);
      if (mailbox) return { kind: 'unknown', reason: sameMailbox(mail, mailbox) };
    }
    return this.#none(compared);
  }

  #none(compared: readonly MatchWay[]): Match {
    const key = compared.join();
    let match = this.#nobody.get(key);
    if (!match) {
      // By name and department alone nobody is missed: both change.
      match = compared.some((way) => way !== 'name+department')
        ? { kind: 'nobody', compared }
        : { kind: 'unknown', reason: 'it has nothing that could be compared with the people of the sources' };
      this.#nobody.set(key, match);
    }
    return match;
  }
}

/**
 * One of several was told apart by something else. That is enough among colleagues with one mailbox, but not to say of a login that was given
 * to somebody else that it is still the leaver's.
 */
function isDoubtful(person: KnownPerson, people: readonly KnownPerson[]): boolean {
  return (
    !people.includes(person) || (person.employment === 'left' && people.some(({ employment }) => employment !== 'left'))
  );
}

function isSeveral(found: KnownPerson | readonly KnownPerson[]): found is readonly KnownPerson[] {
  return Array.isArray(found);
}

function zerosLost(number: string, { id, where }: KnownPerson): string {
  return `its employee number ${number} is that of ${id} (${where}) but for zeros at the beginning`;
}

function sameMailbox(mail: string, { id, where }: KnownPerson): string {
  return `its mail address ${mail} is that of ${id} (${where}) but for what follows the plus sign`;
}

function ofSeveral(way: MatchWay, people: readonly KnownPerson[]): Match {
  return {
    kind: 'unknown',
    reason: `its ${wayNames[way]} is of several people: ${people
      .map(({ id }) => id)
      .sort()
      .join(', ')}`,
  };
}

function conflict(by: MatchWay, person: KnownPerson, way: MatchWay, other: KnownPerson): Match {
  return {
    kind: 'unknown',
    reason: `its ${wayNames[by]} is of ${person.id}, its ${wayNames[way]} is of ${other.id}`,
  };
}
