import { rdnOf } from '../../../core/dn.ts';
import { matchesPattern } from '../../../core/patterns.ts';
import type { SharedTexts } from '../../audit/shared-values.ts';
import { type Account, type AccountUse, identifyingFields } from '../../model.ts';
import { saidOf } from '../../nothing.ts';
import type { LdapEntry } from '../../ports.ts';
import { AccountRow } from '../account-row.ts';
import type { LdapSpec } from './login.ts';
import { textOf, textsOf, valuesOf } from './values.ts';

const ownTexts = ['employee', 'mail', 'personName'] as const;
/** Many accounts have the same. */
const commonTexts = ['department', 'post', 'owner'] as const;
const optional = [
  'createdAt',
  'passwordChangedAt',
  'passwordNeverExpires',
  'expiresAt',
  'secondFactor',
  'untouchable',
] as const;

type Given = Pick<Account, 'key' | 'use' | 'state' | 'held' | 'lastUse' | 'privileged' | 'rights'>;
type Perhaps = { [K in (typeof optional)[number]]: Account[K] | undefined };

/** Puts an account together. A hundred thousand are held at once: all of one make, without what is not there. */
export function accountOf(
  spec: LdapSpec,
  fields: Readonly<Record<string, string | undefined>>,
  entry: LdapEntry,
  texts: SharedTexts,
  given: Given,
  perhaps: Perhaps,
): Account {
  const account: Account = new AccountRow({
    directory: spec.id,
    name: entry.dn,
    login: loginOf(fields, entry),
    ...given,
  });
  for (const field of ownTexts) {
    const value = saidIn(entry, fields[field])[0];
    if (value !== undefined) account[field] = value;
  }
  for (const field of commonTexts) {
    const value = saidIn(entry, fields[field])[0];
    if (value !== undefined) account[field] = texts.of(value);
  }
  for (const field of identifyingFields) {
    const others = saidIn(entry, fields[field]).filter((value) => value !== account[field]);
    if (others.length > 0) account.also = { ...account.also, [field]: others };
  }
  // A filter that is too wide brings groups and places, too: nobody logs in with those.
  const { login = '' } = fields;
  if (perhaps.untouchable === undefined && textOf(entry, login) === undefined)
    account.untouchable = texts.of(`it has no ${login}, and may be no account`);
  // Whose it is, nobody can tell by what is no text: nobody fits such an account, and it is no orphan for that.
  const unreadable = ['login', ...ownTexts].find((field) => isUnreadable(entry, fields[field]));
  if (perhaps.untouchable === undefined && unreadable !== undefined)
    account.untouchable = texts.of(`its ${fields[unreadable]} is not text (UTF-8)`);
  for (const name of optional) if (perhaps[name] !== undefined) (account as Perhaps)[name] = perhaps[name] as never;
  return account;
}

function saidIn(entry: LdapEntry, attribute: string | undefined): string[] {
  return attribute === undefined ? [] : textsOf(entry, attribute).filter((value) => saidOf(value) !== undefined);
}

function isUnreadable(entry: LdapEntry, attribute: string | undefined): boolean {
  return attribute !== undefined && valuesOf(entry, attribute).some((value) => typeof value !== 'string');
}

export function loginOf(fields: Readonly<Record<string, string | undefined>>, entry: LdapEntry): string {
  return textOf(entry, fields['login']) ?? rdnOf(entry.dn);
}

/** What the configuration says an account is for; undefined: nothing. */
export function declaredUse(spec: LdapSpec, login: string, dn: string): AccountUse | undefined {
  const names = [login.toLowerCase(), dn.toLowerCase()];
  const isOne = (patterns: readonly string[]) =>
    patterns.some((pattern) => names.some((name) => matchesPattern(pattern.toLowerCase(), name)));
  if (isOne(spec.shared)) return 'shared';
  return isOne(spec.service) ? 'service' : undefined;
}
