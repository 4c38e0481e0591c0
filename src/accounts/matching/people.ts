import { type Account, type Employment, everyOne, type IdentifyingField, type Person } from '../model.ts';
import type { MatchWay } from '../schema/rules.ts';
import type { SourceRead } from '../source.ts';
import { comparable, comparableName } from './comparable.ts';

/** Where somebody works. */
export interface Place {
  department?: string;
  post?: string;
}

/** A person as all sources together know them. Of facts that differ the first source's are kept. */
export interface KnownPerson {
  /** Employee number as the first source writes it. */
  id: string;
  name?: string;
  login?: string;
  mail?: string;
  otherMails?: readonly string[];
  department?: string;
  post?: string;
  manager?: string;
  startsOn?: string;
  /** Of several the last day. */
  endsOn?: string;
  employment: Employment;
  /** Why nothing is concluded from this person: what the sources say against each other. */
  unclear?: string;
  /** Of several departments or posts all of them; absent: `department` and `post` are all. */
  places?: readonly Place[];
  /** For people: `roster.csv:12`. */
  where: string;
}

type Compared = Record<'employee' | 'mail' | 'login' | 'personName' | 'department', string | undefined>;
type SourcePerson = SourceRead['people'][number];

/** What two people have in common. `number`: but for zeros at its beginning, and the name. `name`: alone, where no department is known. */
export type Likeness = 'login' | 'mail' | 'number' | 'name+department' | 'name';

/** Departments and posts whose rights are due to a person. */
export function placesOf(person: KnownPerson): readonly Place[] {
  return person.places ?? [person];
}

/** `Sales / clerk`, for people. */
export function placeNames(person: KnownPerson): string[] {
  return placesOf(person).map(({ department = '-', post = '-' }) => `${department} / ${post}`);
}

/** The people of some sources, found by what accounts say of them. */
export class PeopleIndex {
  readonly people: readonly KnownPerson[];
  /** Ids of the sources. */
  readonly sources: readonly string[];
  readonly ignoreCase: boolean;
  readonly #ways = new Map<MatchWay, Map<string, KnownPerson | KnownPerson[]>>();
  /** What the other sources write for the same person, for the few that write something else. */
  readonly #spellings = new Map<KnownPerson, readonly SourcePerson[]>();
  #bareNumbers: Map<string, KnownPerson> | undefined;

  constructor(sources: readonly Pick<SourceRead, 'id' | 'people'>[], ignoreCase: boolean) {
    this.ignoreCase = ignoreCase;
    this.sources = sources.map(({ id }) => id);
    this.people = this.#merge(sources);
  }

  /** Whether anybody has what this way compares: where nobody has, nobody is missed either. */
  knows(way: MatchWay): boolean {
    return this.#way(way).size > 0;
  }

  /** People that fit; `value` as `keyOf` makes it. */
  find(way: MatchWay, value: string): KnownPerson | readonly KnownPerson[] | undefined {
    return value === '' ? undefined : this.#way(way).get(value);
  }

  /** Somebody whose number is the same but for zeros at its beginning: spreadsheets take them away. */
  numberedAlike(employee: string): KnownPerson | undefined {
    const bare = withoutZeros(employee);
    if (bare === undefined) return undefined;
    this.#bareNumbers ??= new Map(
      this.people.flatMap((person) => {
        const key = withoutZeros(person.id);
        return key === undefined ? [] : [[key, person] as const];
      }),
    );
    return this.#bareNumbers.get(bare);
  }

  /** What somebody can be like somebody else by, as each source writes it. */
  likenessOf(person: KnownPerson, way: Likeness): string[] {
    const rows = (this.#spellings.get(person) ?? [person]).flatMap((row) =>
      way === 'mail' ? withEachMail(row) : [row],
    );
    const keys = rows.map((row) => this.#likenessKey(row, way));
    return [...new Set(keys)].flatMap((key) => (key === '' ? [] : [`${way}\n${key}`]));
  }

  #likenessKey({ id, name, mail, login, department }: KnownPerson | SourcePerson, way: Likeness): string {
    const who = comparableName(name, this.ignoreCase);
    if (way === 'name') return comparable(department, this.ignoreCase) === '' ? who : '';
    if (way !== 'number') return this.keyOf(way, { personName: name, mail, login, department });
    const bare = withoutZeros(id);
    // Two sources may each count from 1: another name is somebody else.
    return bare === undefined ? '' : `${bare}\n${who}`;
  }

  /** Somebody whose mail comes to the same mailbox as `name+something@...` does. */
  mailboxOf(mail: string): KnownPerson | undefined {
    const whole = mail.normalize('NFKC');
    const bare = whole.replace(/\+[^@]*(?=@)/, '');
    const found = bare === whole ? undefined : this.find('mail', this.keyOf('mail', { mail: bare }));
    return Array.isArray(found) ? found[0] : (found as KnownPerson | undefined);
  }

  /** Gives back what finding has made; it is made anew when somebody is looked for. */
  forget(): void {
    this.#ways.clear();
    this.#bareNumbers = undefined;
  }

  /** Somebody by employee number, mail or login: owners and heads are written in each of these ways. Undefined also when several fit. */
  named(text: string): KnownPerson | undefined {
    for (const way of ['employee', 'mail', 'login'] as const) {
      const found = this.find(way, comparable(text, this.ignoreCase));
      if (found !== undefined) return Array.isArray(found) ? undefined : (found as KnownPerson);
    }
    return undefined;
  }

  /** What is compared, of an account; empty: it has nothing of the kind. */
  keyOf(way: MatchWay, of: Partial<Compared>): string {
    switch (way) {
      case 'employee':
        return comparable(of.employee, this.ignoreCase);
      case 'mail':
        return comparable(of.mail, this.ignoreCase);
      case 'login':
        return comparable(of.login, this.ignoreCase);
      case 'name+department': {
        const [name, department] = [
          comparableName(of.personName, this.ignoreCase),
          comparable(of.department, this.ignoreCase),
        ];
        return name === '' || department === '' ? '' : `${name}\n${department}`;
      }
    }
  }

  /** What is compared, of an account that may have several of each; of employee numbers in the order of `everyOne`. */
  keysOf(way: MatchWay, account: Partial<Pick<Account, IdentifyingField | 'also'>>): string[] {
    if (account.also === undefined) return [this.keyOf(way, account)];
    if (way !== 'name+department') return everyOne(account, way).map((value) => this.keyOf(way, { [way]: value }));
    return everyOne(account, 'personName').flatMap((personName) =>
      everyOne(account, 'department').map((department) => this.keyOf(way, { personName, department })),
    );
  }

  #way(way: MatchWay): Map<string, KnownPerson | KnownPerson[]> {
    let map = this.#ways.get(way);
    if (map) return map;
    map = new Map();
    this.#ways.set(way, map);
    for (const person of this.people)
      for (const row of this.#spellings.get(person) ?? [person])
        for (const { id, name, mail, login, department } of way === 'mail' ? withEachMail(row) : [row]) {
          const key = this.keyOf(way, { employee: id, personName: name, mail, login, department });
          if (key !== '') put(map, key, person);
        }
    for (const several of map.values()) if (Array.isArray(several)) several.sort(byId);
    return map;
  }

  #merge(sources: readonly Pick<SourceRead, 'id' | 'people'>[]): KnownPerson[] {
    const groups = new Map<string, SourcePerson | SourcePerson[]>();
    for (const { people } of sources)
      for (const person of people) {
        const key = comparable(person.id, this.ignoreCase);
        const there = groups.get(key);
        if (there === undefined) groups.set(key, person);
        else if (Array.isArray(there)) there.push(person);
        else groups.set(key, [there, person]);
      }
    const merged: KnownPerson[] = [];
    // They lie by their numbers already: that map is the first way to find them.
    const byNumber = groups as Map<string, KnownPerson | KnownPerson[]>;
    for (const [key, group] of groups) {
      if (!Array.isArray(group)) {
        const person = group.employment === 'unclear' ? { ...group, unclear: unclearIn(group) } : group;
        merged.push(person);
        byNumber.set(key, person);
        continue;
      }
      const clash = spelledTwice(group);
      if (clash !== undefined) {
        const several = group.map((person) => ({ ...person, employment: 'unclear' as const, unclear: clash }));
        merged.push(...several);
        byNumber.set(key, several.toSorted(byId));
        continue;
      }
      const person = mergeGroup(group, this.ignoreCase);
      merged.push(person);
      byNumber.set(key, person);
      this.#spellings.set(person, group);
    }
    byNumber.delete('');
    this.#ways.set('employee', byNumber);
    return merged;
  }
}

function put(map: Map<string, KnownPerson | KnownPerson[]>, key: string, person: KnownPerson): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, person);
  else if (Array.isArray(there)) {
    if (!there.includes(person)) there.push(person);
  } else if (there !== person) map.set(key, [there, person]);
}

function withEachMail<P extends KnownPerson | SourcePerson>(person: P): P[] {
  const others = person.otherMails?.map((mail) => ({ ...person, mail }));
  return others === undefined ? [person] : [person, ...others];
}

/** Of numbers of digits alone. */
function withoutZeros(number: string): string | undefined {
  const text = comparable(number, true);
  return /^\d+$/.test(text) ? text.replace(/^0+(?=\d)/, '') : undefined;
}

function byId(a: KnownPerson, b: KnownPerson): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : a.where < b.where ? -1 : 1;
}

function unclearIn(person: SourcePerson): string {
  return `${person.source} says two things about ${person.id} (${person.where})`;
}

/** Two people of one source whose numbers differ by case or width only are two people, or one that is there twice: nobody can tell. */
function spelledTwice(group: readonly SourcePerson[]): string | undefined {
  const first = new Map<string, SourcePerson>();
  for (const person of group) {
    const other = first.get(person.source);
    if (other && other.id !== person.id) {
      const [a, b] = [other.id, person.id].sort();
      return `the employee numbers "${a}" and "${b}" of ${person.source} differ by spelling only`;
    }
    first.set(person.source, person);
  }
  return undefined;
}

function mergeGroup(group: SourcePerson[], ignoreCase: boolean): KnownPerson {
  const first = group[0]!;
  const of = <K extends keyof Person>(field: K) => group.find((person) => person[field] !== undefined)?.[field];
  const places = distinctPlaces(group);
  const unclear = contradiction(group, ignoreCase);
  const endsOn = group
    .flatMap((person) => person.endsOn ?? [])
    .sort()
    .at(-1);
  const merged: KnownPerson = {
    id: first.id,
    employment: unclear === undefined ? employmentOf(group) : 'unclear',
    where: group.map(({ where }) => where).join(', '),
  };
  for (const field of ['name', 'login', 'mail', 'department', 'post', 'manager', 'startsOn'] as const) {
    const value = of(field);
    if (value !== undefined) merged[field] = value;
  }
  const mails = new Set(
    group.flatMap(({ mail, otherMails = [] }) => [...(mail === undefined ? [] : [mail]), ...otherMails]),
  );
  const others = [...mails].filter((mail) => mail !== merged.mail);
  if (others.length > 0) merged.otherMails = others;
  if (endsOn !== undefined) merged.endsOn = endsOn;
  if (unclear !== undefined) merged.unclear = unclear;
  if (places.length > 1) merged.places = places;
  return merged;
}

/** Whoever is employed somewhere is employed. */
function employmentOf(group: readonly SourcePerson[]): Employment {
  const all = group.map(({ employment }) => employment);
  return all.includes('active') ? 'active' : all.includes('future') ? 'future' : 'left';
}

function contradiction(group: readonly SourcePerson[], ignoreCase: boolean): string | undefined {
  const unclear = group.find(({ employment }) => employment === 'unclear');
  if (unclear) return unclearIn(unclear);
  const left = group.find(({ employment }) => employment === 'left');
  const employed = group.find(({ employment }) => employment !== 'left');
  if (left && employed) return `${left.id} has left (${left.where}) and is employed (${employed.where})`;
  const [first, ...others] = group;
  const other = others.find((person) => !isSame(first!, person, ignoreCase));
  return (
    other &&
    `the employee number ${first!.id} is of "${first!.name}" (${first!.where}) and of "${other.name}" (${other.where})`
  );
}

/** Two sources that number their people by themselves use the same number for different people. */
function isSame(a: SourcePerson, b: SourcePerson, ignoreCase: boolean): boolean {
  const name = comparableName(a.name, ignoreCase);
  const otherName = comparableName(b.name, ignoreCase);
  if (name === '' || otherName === '' || name === otherName) return true;
  return (['mail', 'login'] as const).some((field) => {
    const value = comparable(a[field], ignoreCase);
    return value !== '' && value === comparable(b[field], ignoreCase);
  });
}

function distinctPlaces(group: readonly SourcePerson[]): Place[] {
  const places = new Map<string, Place>();
  for (const { department, post } of group) {
    if (department === undefined && post === undefined) continue;
    const place: Place = {};
    if (department !== undefined) place.department = department;
    if (post !== undefined) place.post = post;
    places.set(`${department ?? ''}\n${post ?? ''}`, place);
  }
  return [...places.values()];
}
