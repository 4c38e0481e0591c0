import { nameSet } from '../company/names.ts';
import { type Rights, rightKey } from '../company/roles.ts';
import { type KnownPerson, placeNames, placesOf } from '../matching/people.ts';
import type { DirectoryView, Found, Judged, Rule } from './types.ts';

/** Rights held that neither department nor post makes due. */
export const rightsBeyondRole: Rule = {
  type: 'rights-beyond-role',
  needsPeople: true,
  start(view) {
    if (!managedRights(view)) return undefined;
    const isCompared = comparedRights(view);
    return (one) => {
      const person = comparedPerson(one, view);
      if (!person) return undefined;
      const due = view.roles.due(placesOf(person), view.spec.id);
      const beyond = one.account.rights.filter((right) => !due.has(rightKey(right)) && isCompared(right));
      return beyond.length === 0 ? undefined : aboutRights(person, beyond, 'beyond');
    };
  },
};

/** Rights due that are not held. */
export const rightsMissing: Rule = {
  type: 'rights-missing',
  needsPeople: true,
  start(view) {
    const isManaged = managedRights(view);
    if (!isManaged) return undefined;
    return (one) => {
      const person = comparedPerson(one, view);
      if (!person) return undefined;
      const missing = missingRights(view.roles.due(placesOf(person), view.spec.id), one.account.rights).filter(
        isManaged,
      );
      return missing.length === 0 ? undefined : aboutRights(person, missing, 'missing');
    };
  },
};

/** Rights that are due and not held, by the names of the matrix. */
export function missingRights(due: Rights, held: readonly string[]): string[] {
  if (due.size === 0) return [];
  const keys = new Set(held.map(rightKey));
  return [...due]
    .filter(([key]) => !keys.has(key))
    .map(([, right]) => right)
    .sort();
}

/**
 * Which rights may be too many: a right that nobody thought of when the matrix was written is the first that somebody should look at. Taken away
 * unasked, as at a transfer, is only what the matrix speaks of: see `managedRights`.
 */
function comparedRights({ spec }: Pick<DirectoryView, 'spec'>): (right: string) => boolean {
  if (spec.managed === undefined) return () => true;
  const managed = nameSet(spec.managed);
  return (right) => managed.has(right);
}

/** Which rights of a directory the matrix speaks of; undefined: of none. */
export function managedRights({
  spec,
  roles,
}: Pick<DirectoryView, 'spec' | 'roles'>): ((right: string) => boolean) | undefined {
  const named = roles.named(spec.id);
  if (spec.managed === undefined) return named.size === 0 ? undefined : (right) => named.has(rightKey(right));
  const managed = nameSet(spec.managed);
  return managed.isEmpty ? undefined : (right) => managed.has(right);
}

/** What is not known of a person although the matrix asks for it. */
export function missingPlace(
  person: KnownPerson,
  { roles, spec }: Pick<DirectoryView, 'roles' | 'spec'>,
): 'department' | 'post' | undefined {
  const places = placesOf(person);
  return (['department', 'post'] as const).find(
    (what) => roles.asks(what, spec.id) && places.some((place) => (place[what] ?? '') === ''),
  );
}

/** Whose rights can be compared: somebody employed, found without doubt, with department and post where the matrix asks for them. */
function comparedPerson(one: Judged, view: DirectoryView): KnownPerson | undefined {
  const person = personOfRights(one);
  return person && missingPlace(person, view) === undefined ? person : undefined;
}

export function personOfRights({ use, match }: Judged): KnownPerson | undefined {
  if (use !== 'person' || match.kind !== 'person' || match.unconfirmed) return undefined;
  return match.person.employment === 'active' ? match.person : undefined;
}

function aboutRights(person: KnownPerson, rights: string[], what: 'beyond' | 'missing'): Found {
  const role = placeNames(person).join(', ');
  const evidence =
    what === 'beyond' ? `${rights.length} beyond the role ${role}` : `${rights.length} missing of the role ${role}`;
  return { evidence, rights };
}
