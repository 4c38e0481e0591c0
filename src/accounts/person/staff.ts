import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { comparable } from '../matching/comparable.ts';
import { type KnownPerson, PeopleIndex } from '../matching/people.ts';
import type { SourceRead } from '../source.ts';

/** The people of all sources that were read. */
export class Staff {
  readonly index: PeopleIndex;

  constructor(sources: readonly SourceRead[], ignoreCase: boolean) {
    this.index = new PeopleIndex(sources, ignoreCase);
  }

  /** Somebody by employee number; of several spellings of one number the one that is written so. */
  numbered(id: string): KnownPerson | undefined {
    const found = this.index.find('employee', this.index.keyOf('employee', { employee: id }));
    if (!Array.isArray(found)) return found as KnownPerson | undefined;
    const several = found as readonly KnownPerson[];
    return several.find((person) => person.id === id) ?? several[0];
  }

  /** @throws OaopsError `person-unknown` (exit 4) */
  require(id: string): KnownPerson {
    const person = this.numbered(id);
    if (person) return person;
    const named = this.index.named(id);
    throw new OaopsError('person-unknown', `no source knows the employee number ${id}`, {
      exitCode: ExitCode.refused,
      next: named
        ? `Give the employee number: ${named.id} (${named.where}).`
        : 'Enter the person into the roster first, or look at the number.',
    });
  }

  /** Who answers for a person, while employed; somebody who is their own head has none. */
  head(person: KnownPerson): KnownPerson | undefined {
    if (person.manager === undefined) return undefined;
    const head = this.index.named(person.manager);
    return head?.employment === 'active' && head.id !== person.id ? head : undefined;
  }

  /** Another person that has this login in a source. */
  otherWithLogin(login: string, person: KnownPerson): KnownPerson | undefined {
    return this.#other('login', login, person);
  }

  /** Another person that has this mail address in a source. */
  otherWithMail(mail: string, person: KnownPerson): KnownPerson | undefined {
    return this.#other('mail', mail, person);
  }

  #other(way: 'login' | 'mail', value: string, person: KnownPerson): KnownPerson | undefined {
    const found = this.index.find(way, comparable(value, this.index.ignoreCase));
    const all = found === undefined ? [] : Array.isArray(found) ? found : [found];
    return (all as readonly KnownPerson[]).find(({ id }) => id !== person.id);
  }
}

/** `张三 (E001)`. */
export function tellPerson({ id, name }: Pick<KnownPerson, 'id' | 'name'>): string {
  return name === undefined ? id : `${name} (${id})`;
}

/** Names by which a person may stand in a file of allowed signers. */
export function signingNames({ id, mail, login }: KnownPerson): string[] {
  // Files of signers know capital letters, and mail does not.
  return [
    ...new Set([mail, mail?.toLowerCase(), login, id].filter((name) => name !== undefined && name !== '')),
  ] as string[];
}
