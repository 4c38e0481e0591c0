import { digestOf } from '../../core/json.ts';
import type { Account, AccountState, IdentifyingField } from '../model.ts';

/** What an entry looked like when the plan was made: everything by which it was judged. */
export interface Seen {
  login: string;
  employee: string | null;
  mail: string | null;
  /** Further values of the directory, where there are several. */
  also?: NonNullable<Account['also']>;
  state: AccountState;
  held: boolean;
  /** Milliseconds; null: never, or not known. */
  lastUseAt: number | null;
  /** Digest of its rights. */
  rights: string;
}

export function seenOf(account: Account): Seen {
  const seen: Seen = {
    login: account.login,
    employee: account.employee ?? null,
    mail: account.mail ?? null,
    state: account.state,
    held: account.held,
    // Where a log begins is no use, and moves when it is rotated.
    lastUseAt: 'at' in account.lastUse && !account.lastUse.orBefore ? account.lastUse.at : null,
    rights: digestOf(account.rights),
  };
  if (account.also) seen.also = account.also;
  return seen;
}

/** By what an entry was matched when it was seen. */
export function identityOf({ login, employee, mail, also }: Seen): Partial<Pick<Account, IdentifyingField | 'also'>> {
  return {
    login,
    ...(employee === null ? {} : { employee }),
    ...(mail === null ? {} : { mail }),
    ...(also === undefined ? {} : { also }),
  };
}

/** Why an entry may be somebody else's by now, for people; undefined: it is the one that was meant. */
export function whoseChanged(before: Seen, account: Account): string | undefined {
  const now = seenOf(account);
  return differingFact(before, now, ['login', 'employee', 'mail']);
}

/** That somebody has used an entry since it was seen, for people. */
export function usedSince(before: Seen, account: Account): string | undefined {
  const { lastUseAt } = seenOf(account);
  if (lastUseAt === null || (before.lastUseAt !== null && lastUseAt <= before.lastUseAt)) return undefined;
  return `somebody logged in with it since the plan was made (${new Date(lastUseAt).toISOString()})`;
}

/** Why an entry is not what it was any more, for people; undefined: it is. */
export function whatChanged(before: Seen, account: Account): string | undefined {
  const used = usedSince(before, account);
  if (used !== undefined) return used;
  const now = seenOf(account);
  const fact = differingFact(before, now, ['login', 'employee', 'mail', 'state', 'held']);
  if (fact !== undefined) return fact;
  if (before.rights !== now.rights) return 'its rights were changed since the plan was made';
  return undefined;
}

const words = { login: 'login', employee: 'employee number', mail: 'mail', state: 'state', held: 'place' } as const;

function differingFact(before: Seen, now: Seen, keys: readonly (keyof typeof words)[]): string | undefined {
  const key = keys.find(
    (one) => valuesIn(before, one).toSorted().join('\n') !== valuesIn(now, one).toSorted().join('\n'),
  );
  if (key === undefined) return undefined;
  return `its ${words[key]} was changed since the plan was made (${valuesIn(before, key).join(', ')} -> ${valuesIn(now, key).join(', ')})`;
}

/** Several values have no order (RFC 4511 section 4.1.7). */
function valuesIn(seen: Seen, key: keyof typeof words): string[] {
  const others = key === 'state' || key === 'held' ? [] : (seen.also?.[key] ?? []);
  return [String(seen[key]), ...others];
}
