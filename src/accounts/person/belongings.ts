import type { Audit } from '../audit/audit.ts';
import type { Judged } from '../findings/types.ts';
import { comparable } from '../matching/comparable.ts';
import type { KnownPerson } from '../matching/people.ts';
import { type Account, everyOne } from '../model.ts';

/** An account that may be somebody's, and why that is not sure. */
export interface Doubt {
  one: Judged;
  reason: string;
}

/** Which accounts are whose, over all directories that were read. */
export class Belongings {
  readonly #ignoreCase: boolean;
  readonly #sure = new Map<string, Judged[]>();
  readonly #doubtful = new Map<string, Doubt[]>();
  /** Accounts that nobody can be told of, by employee number, mail and login. */
  readonly #unknown = new Map<string, Doubt[]>();
  /** Accounts that were not compared with people, by the employee number that they carry. */
  readonly #numbered = new Map<string, Judged[]>();
  readonly #owned = new Map<string, Judged[]>();
  readonly #logins = new Map<string, Judged[]>();

  constructor({ judged, read }: Audit, ignoreCase: boolean) {
    this.#ignoreCase = ignoreCase;
    const owners = new Map(
      read.directories.flatMap((one) => ('spec' in one ? [[one.spec.id, one.spec.owners] as const] : [])),
    );
    for (const one of judged.accounts) {
      const { account, match, use } = one;
      this.#add(this.#logins, account.login, one);
      const owner = account.owner ?? owners.get(account.directory)?.[account.login];
      if (use !== 'person' && owner !== undefined) this.#add(this.#owned, owner, one);
      if (match.kind === 'person' && !match.unconfirmed) this.#add(this.#sure, match.person.id, one);
      else if (match.kind === 'person')
        this.#add(this.#doubtful, match.person.id, {
          one,
          reason: 'it is only like them by name and department; confirm it with "oaops account review --confirm"',
        });
      else if (match.kind === 'unknown')
        for (const name of new Set(namesOf(account))) this.#add(this.#unknown, name, { one, reason: match.reason });
      if (match.kind === 'not-compared' && use === 'person' && account.employee !== undefined)
        this.#add(this.#numbered, account.employee, one);
    }
  }

  /** Accounts that were found to be a person's without doubt. */
  sure({ id }: Pick<KnownPerson, 'id'>): readonly Judged[] {
    return this.#of(this.#sure, id);
  }

  /** Accounts that may be a person's; nothing is done to them. */
  doubtful(person: Pick<KnownPerson, 'id' | 'mail' | 'otherMails' | 'login'>): readonly Doubt[] {
    const found = new Map<Judged, Doubt>();
    for (const doubt of this.#of(this.#doubtful, person.id)) found.set(doubt.one, doubt);
    for (const name of [person.id, person.mail, ...(person.otherMails ?? []), person.login])
      if (name !== undefined)
        for (const doubt of this.#of(this.#unknown, name)) if (!found.has(doubt.one)) found.set(doubt.one, doubt);
    return [...found.values()];
  }

  /** Accounts that carry an employee number, of directories whose people could not be read. */
  numbered(id: string): readonly Judged[] {
    return this.#of(this.#numbered, id);
  }

  /** Accounts of programs and shared ones that somebody answers for. */
  owned({ id, mail, login }: Pick<KnownPerson, 'id' | 'mail' | 'login'>): readonly Judged[] {
    const names = [id, mail, login].filter((name) => name !== undefined);
    return [...new Set(names.flatMap((name) => this.#of(this.#owned, name)))];
  }

  /** Accounts with a login, in all directories. */
  withLogin(login: string): readonly Judged[] {
    return this.#of(this.#logins, login);
  }

  #add<T>(map: Map<string, T[]>, name: string, value: T): void {
    const key = comparable(name, this.#ignoreCase);
    if (key === '') return;
    const list = map.get(key);
    if (list) list.push(value);
    else map.set(key, [value]);
  }

  #of<T>(map: Map<string, T[]>, name: string): readonly T[] {
    return map.get(comparable(name, this.#ignoreCase)) ?? [];
  }
}

function namesOf(account: Account): string[] {
  return (['employee', 'mail', 'login'] as const).flatMap((field) => everyOne(account, field));
}
