import { comparable } from '../matching/comparable.ts';
import type { Found, Rule } from './types.ts';

/** Used by several people on purpose: nobody can tell who did what with it. */
export const shared: Rule = {
  type: 'shared',
  needsPeople: false,
  start({ spec }) {
    const owners = ownersOf(spec.owners);
    const unowned: Found = { evidence: 'several people use it; nobody answers for it' };
    return ({ use, account }) => {
      if (use !== 'shared') return undefined;
      const owner = owners.get(comparable(account.login, true)) ?? account.owner;
      return owner === undefined ? unowned : { evidence: `several people use it; "${owner}" answers for it` };
    };
  },
};

/** Who answers for an account, by comparable login. */
export function ownersOf(owners: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(owners).map(([login, owner]) => [comparable(login, true), owner]));
}
