import type { KnownPerson } from '../matching/people.ts';
import type { Account } from '../model.ts';
import { isToCome } from './last-use.ts';
import type { DirectoryView, Found, Judged, Rule } from './types.ts';

/** One person with several enabled accounts in one place. The one that was used last is kept. */
export const duplicate: Rule = {
  type: 'duplicate',
  needsPeople: true,
  start(view) {
    const kept = keptAccounts(view);
    if (kept.size === 0) return undefined;
    return (one) => {
      const person = clearPerson(one);
      const keep = person && kept.get(person)?.get(placeOf(one.account, view));
      if (!keep || keep.account === one.account) return undefined;
      if (keep.count < 2 && one.account.state !== 'disabled') return undefined;
      const found: Found = { evidence: `${person.id} has ${keep.account.login}, too; that one was used later` };
      if (!keep.isKnown || !isUseKnown(one.account, view)) {
        // Which of them is in use cannot be told, so nobody takes one away without asking.
        found.evidence = `${person.id} has ${keep.account.login}, too; which one was used last is not known`;
        found.unconfirmed = true;
      }
      return found;
    };
  },
};

interface Kept {
  account: Account;
  count: number;
  /** The last use of all of them is known. */
  isKnown: boolean;
}

function keptAccounts(view: DirectoryView): Map<KnownPerson, Map<string, Kept>> {
  // Nearly everybody has one account: only the others get more than a place in a set.
  const once = new Set<KnownPerson>();
  const kept = new Map<KnownPerson, Map<string, Kept>>();
  for (const one of view.accounts) {
    const person = clearPerson(one);
    if (!person) continue;
    if (once.has(person)) kept.set(person, new Map());
    else once.add(person);
  }
  if (kept.size === 0) return kept;
  for (const one of view.accounts) {
    const { account } = one;
    const person = clearPerson(one);
    const places = person && kept.get(person);
    if (!places || account.state === 'disabled') continue;
    const place = placeOf(account, view);
    const there = places.get(place);
    const isKnown = isUseKnown(account, view);
    if (!there) places.set(place, { account, count: 1, isKnown });
    else {
      if (isBefore(account, there.account)) there.account = account;
      there.count++;
      there.isKnown &&= isKnown;
    }
  }
  return kept;
}

/** Somebody employed of whom the sources say one thing, found by more than the name. */
function clearPerson({ use, match }: Judged): KnownPerson | undefined {
  if (use !== 'person' || match.kind !== 'person' || match.unconfirmed) return undefined;
  return match.person.employment === 'active' ? match.person : undefined;
}

/** Each host of many has an account of its own for the same person. */
export function placeOf({ key, directory }: Account, { spec }: Pick<DirectoryView, 'spec'>): string {
  return spec.type === 'linux' ? key.slice(0, key.lastIndexOf(':')) : directory;
}

/** "At that time or before" does not tell whether it was after another. */
function isUseKnown({ lastUse }: Account, { days }: DirectoryView): boolean {
  if (isToCome(lastUse, days.nowMs)) return false;
  return 'never' in lastUse || ('at' in lastUse && !lastUse.orBefore);
}

/** Which of two is kept: used later, made later, then by its key. */
function isBefore(a: Account, b: Account): boolean {
  const used = ({ lastUse }: Account) =>
    'at' in lastUse && !lastUse.orBefore ? lastUse.at : 'never' in lastUse ? -1 : -2;
  if (used(a) !== used(b)) return used(a) > used(b);
  const [made, otherMade] = [a.createdAt ?? 0, b.createdAt ?? 0];
  return made !== otherMade ? made > otherMade : a.key < b.key;
}
