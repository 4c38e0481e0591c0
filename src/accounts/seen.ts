import { digestOf } from '../core/json.ts';
import type { Account, AccountState } from './model.ts';

/** What an entry looked like when the plan was made: everything by which it was judged. */
export interface Seen {
  login: string;
  employee: string | null;
  mail: string | null;
  state: AccountState;
  held: boolean;
  /** Milliseconds; null: never, or not known. */
  lastUseAt: number | null;
  /** Digest of its rights. */
  rights: string;
}

export function seenOf(account: Account): Seen {
  return {
    login: account.login,
    employee: account.employee ?? null,
    mail: account.mail ?? null,
    state: account.state,
    held: account.held,
    // Where a log begins is no use, and moves when it is rotated.
    lastUseAt: 'at' in account.lastUse && !account.lastUse.orBefore ? account.lastUse.at : null,
    rights: digestOf(account.rights),
  };
}

/** Why an entry is not what it was any more, for people; undefined: it is. */
export function whatChanged(before: Seen, account: Account): string | undefined {
  const now = seenOf(account);
  if (now.lastUseAt !== null && (before.lastUseAt === null || now.lastUseAt > before.lastUseAt))
    return `somebody logged in with it since the plan was made (${new Date(now.lastUseAt).toISOString()})`;
  const words = { login: 'login', employee: 'employee number', mail: 'mail', state: 'state', held: 'place' } as const;
  for (const key of ['login', 'employee', 'mail', 'state', 'held'] as const)
    if (before[key] !== now[key])
      return `its ${words[key]} was changed since the plan was made (${String(before[key])} -> ${String(now[key])})`;
  if (before.rights !== now.rights) return 'its rights were changed since the plan was made';
  return undefined;
}
