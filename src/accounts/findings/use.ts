import { nameSet } from '../company/names.ts';
import type { Account, AccountUse } from '../model.ts';
import type { DirectorySpec } from '../schema/directories.ts';

/** What accounts are for: as the directory says, and where it says "person", as the configuration says. */
export function usesOf(
  spec: Pick<DirectorySpec, 'service' | 'shared'>,
  defaultAccounts: readonly string[],
): (account: Account) => AccountUse {
  const [service, shared, ofSystems] = [nameSet(spec.service), nameSet(spec.shared), nameSet(defaultAccounts)];
  return ({ use, login, name, employee }) => {
    if (use !== 'person') return use;
    if (service.has(login) || service.has(name)) return 'service';
    if (shared.has(login) || shared.has(name)) return 'shared';
    // "sa" and "user" are also what people are called: an employee number says that it is a person's.
    return employee === undefined && ofSystems.has(login) ? 'default' : 'person';
  };
}
