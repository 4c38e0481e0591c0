import { placeOf } from '../findings/duplicate.ts';
import type { DirectoryView, Judged } from '../findings/types.ts';
import { comparableName } from '../matching/comparable.ts';
import { tellWays } from '../matching/match.ts';
import type { KnownPerson, Likeness, PeopleIndex } from '../matching/people.ts';
import { accountId } from '../record/account-id.ts';

/** In this order; the first that fits is told. */
const likenesses: readonly Likeness[] = ['login', 'mail', 'number', 'name+department', 'name'];

const tellLikeness: Record<Likeness, string> = {
  login: 'the same login name',
  mail: 'the same mail address',
  number: 'the same number but for zeros at the beginning',
  'name+department': 'the same name and department',
  name: 'the same name',
};

/** An account and whose it is. */
type Matched = Pick<Judged, 'account' | 'match'>;

/** Somebody employed who is like the person of an account, and by what. */
export interface Alike {
  person: KnownPerson;
  way: Likeness;
}

/**
 * Leaves accounts of leavers and of nobody alone that may be of somebody employed who has no other one here: whoever came back under a new
 * number often goes on with the account that carries the old one. What somebody has confirmed stands.
 */
export function leaveRehiredAlone(
  view: Pick<DirectoryView, 'accounts' | 'spec'>,
  index: PeopleIndex,
  confirmed: ReadonlyMap<string, string>,
): void {
  const doubtful = view.accounts.filter(
    ({ match }) => match.kind === 'nobody' || (match.kind === 'person' && match.person.employment === 'left'),
  );
  const found = alikeOf(doubtful, index);
  if (found.size === 0) return;
  const served = servedPeople(view);
  for (const [one, alike] of found) {
    const { account, match } = one;
    const isConfirmed = confirmed.has(accountId(account.directory, account.key));
    const unserved = alike.find(({ person }) => !served.get(person)?.has(placeOf(account, view)));
    if (unserved && !isConfirmed) {
      const perhaps = match.kind === 'person' ? { perhaps: match.person } : {};
      one.match = { kind: 'unknown', reason: reasonOf(one, unserved), ...perhaps };
    } else one.alike = [...new Set(alike.map(({ person }) => person.id))].sort();
  }
}

/** Who is employed and like the person of each account, the surest likeness first; accounts like nobody are left out. */
export function alikeOf<T extends Matched>(doubtful: readonly T[], index: PeopleIndex): Map<T, Alike[]> {
  const found = new Map<T, Alike[]>();
  if (doubtful.length === 0) return found;
  const wanted = new Set(doubtful.flatMap((one) => likenesses.flatMap((way) => keysOf(one, way, index))));
  const employed = employedAlike(index, wanted);
  if (employed.size === 0) return found;
  for (const one of doubtful) {
    const alike = likenesses.flatMap((way) =>
      keysOf(one, way, index).flatMap((key) => (employed.get(key) ?? []).map((person) => ({ person, way }))),
    );
    if (alike.length > 0) found.set(one, alike);
  }
  return found;
}

/** Why an account is to be judged anew: somebody is like its person of whom the plan did not know, for people. */
export function reasonToJudgeAnew({ match }: Matched, { person: { id, where }, way }: Alike): string {
  return match.kind === 'person'
    ? `${match.person.id} has left (${match.person.where}), but ${id} (${where}) has ${tellLikeness[way]}: it has to be judged anew`
    : `its name and department are of ${id} (${where}): it has to be judged anew`;
}

/** What somebody else may have in common with its person; of nobody's account its own name and department. */
function keysOf({ match, account }: Matched, way: Likeness, index: PeopleIndex): string[] {
  if (match.kind === 'person') return index.likenessOf(match.person, way);
  const keys = way === 'name+department' ? index.keysOf(way, account) : [];
  return keys.flatMap((key) => (key === '' ? [] : [`${way}\n${key}`]));
}

function employedAlike(index: PeopleIndex, wanted: ReadonlySet<string>): Map<string, KnownPerson[]> {
  const found = new Map<string, KnownPerson[]>();
  for (const person of index.people) {
    if (person.employment === 'left') continue;
    for (const way of likenesses)
      for (const key of index.likenessOf(person, way))
        if (wanted.has(key)) found.set(key, [...(found.get(key) ?? []), person]);
  }
  for (const [key, people] of found) {
    if (isOfGroup(key, people, index)) found.delete(key);
    // Whatever the order of the rows, the same one is told.
    people.sort((a, b) => (a.id < b.id ? -1 : 1));
  }
  return found;
}

/** Whether several who work share an address or a login: that says nothing of who somebody is. */
function isOfGroup(key: string, people: readonly KnownPerson[], { ignoreCase }: PeopleIndex): boolean {
  if (!key.startsWith('mail\n') && !key.startsWith('login\n')) return false;
  return new Set(people.map(({ name }) => comparableName(name, ignoreCase)).filter((name) => name !== '')).size > 1;
}

/** Who has an account that works, and where. */
function servedPeople(view: Pick<DirectoryView, 'accounts' | 'spec'>): Map<KnownPerson, Set<string>> {
  const served = new Map<KnownPerson, Set<string>>();
  for (const { match, account } of view.accounts) {
    if (match.kind !== 'person' || match.unconfirmed || account.state === 'disabled') continue;
    if (match.person.employment === 'left') continue;
    const places = served.get(match.person);
    if (places) places.add(placeOf(account, view));
    else served.set(match.person, new Set([placeOf(account, view)]));
  }
  return served;
}

function reasonOf({ match }: Matched, { person: { id, where }, way }: Alike): string {
  if (match.kind === 'person')
    return `${match.person.id} has left (${match.person.where}), but ${id} (${where}) has ${tellLikeness[way]} and no other account here`;
  const ways = match.kind === 'nobody' ? tellWays(match.compared) : '';
  return `nobody fits its ${ways}, but its name and department are of ${id} (${where}), who has no other account here`;
}
