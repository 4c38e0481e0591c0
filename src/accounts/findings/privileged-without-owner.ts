import { nameSet } from '../company/names.ts';
import { comparable } from '../matching/comparable.ts';
import type { KnownPerson } from '../matching/people.ts';
import type { Account } from '../model.ts';
import { ownersOf } from './shared.ts';
import type { DirectoryView, Judged, Rule } from './types.ts';

/** Special power that nobody employed answers for. The owner of a person's account is that person. */
export const privilegedWithoutOwner: Rule = {
  type: 'privileged-without-owner',
  needsPeople: false,
  start(view) {
    const owners = ownersOf(view.spec.owners);
    const powers = powersOf(view);
    let byName: Map<string, Judged> | undefined;
    const ownerOf = (text: string): KnownPerson | undefined => {
      const direct = view.index?.named(text);
      if (direct) return direct;
      // Directories name owners by their entry.
      byName ??= new Map(view.accounts.map((one) => [comparable(one.account.name, true), one]));
      const match = byName.get(comparable(text, true))?.match;
      return match?.kind === 'person' ? match.person : undefined;
    };
    return (one) => {
      const power = powers(one.account);
      if (power === undefined) return undefined;
      const why = one.use === 'person' ? withoutPerson(one) : undefined;
      if (one.use === 'person')
        return why === undefined ? undefined : { evidence: `${why}; it is privileged: ${power}` };
      const owner = owners.get(comparable(one.account.login, true)) ?? one.account.owner;
      if (owner === undefined) return { evidence: `nobody is named who answers for it; it is privileged: ${power}` };
      if (!view.index) return undefined;
      const person = ownerOf(owner);
      if (person?.employment === 'left')
        return { evidence: `"${owner}", who answers for it, has left (${person.where}); it is privileged: ${power}` };
      if (person || !view.complete) return undefined;
      return {
        evidence: `"${owner}", who answers for it, is unknown in ${view.index.sources.join(', ')}; it is privileged: ${power}`,
      };
    };
  },
};

function withoutPerson({ match }: Judged): string | undefined {
  if (match.kind === 'nobody') return 'it is of nobody';
  return match.kind === 'unknown' ? 'whose it is cannot be told' : undefined;
}

/** Why an account has special power, for people; undefined: it has none. */
export function powersOf({ spec }: Pick<DirectoryView, 'spec'>): (account: Account) => string | undefined {
  const declared = nameSet(spec.privileged);
  return ({ privileged, login, name, rights }) => {
    const [power] = privileged;
    if (power !== undefined) return privileged.length === 1 ? power : privileged.join(', ');
    if (declared.isEmpty) return undefined;
    return rights.find((right) => declared.has(right)) ?? [login, name].find((one) => declared.has(one));
  };
}
