import { nameSet } from '../company/names.ts';
import { type Account, type AccountUse, everyOne } from '../model.ts';
import type { DirectorySpec } from '../schema/directories.ts';

/** What accounts are for: as the directory says, and where it says "person", as the configuration says. */
export function usesOf(
  spec: Pick<DirectorySpec, 'service' | 'shared'>,
  defaultAccounts: readonly string[],
): (account: Account) => AccountUse {
  const [service, shared, ofSystems] = [nameSet(spec.service), nameSet(spec.shared), nameSet(defaultAccounts)];
  return (account) => {
    const { use, name, employee } = account;
    if (use !== 'person') return use;
    const logins = everyOne(account, 'login');
    const names = [...logins, name];
    if (names.some((each) => service.has(each))) return 'service';
    if (names.some((each) => shared.has(each))) return 'shared';
    // "sa" and "user" are also what people are called: an employee number says that it is a person's.
    return employee === undefined && logins.every((login) => ofSystems.has(login)) ? 'default' : 'person';
  };
}
