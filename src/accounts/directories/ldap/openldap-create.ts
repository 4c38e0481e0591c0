import { dnValue, isWithin } from '../../../core/dn.ts';
import { asNotBegun, OaopsError, usageError } from '../../../core/errors.ts';
import { filterValue } from '../../../core/ldap-filter.ts';
import type { NewAccount } from '../../directory.ts';
import type { LdapChange, LdapValue } from '../../ports.ts';
import type { DirectorySpecOf } from '../../schema/directories.ts';
import { generalizedTimeOf } from '../times.ts';
import type { Dialect } from './dialect.ts';
import { statusOf } from './members.ts';
import type { Ppolicy } from './ppolicy.ts';

type Spec = DirectorySpecOf<'openldap'>;

/**
 * A new account below `createBase`, with a password that the server hashes and that has to be changed.
 * @returns its name and key
 * @throws OaopsError `account-exists` (exit 4), `account-end-unknown`, `create-base-outside` (exit 2)
 */
export async function createInOpenLdap(
  maker: Dialect & { spec: Spec },
  ppolicy: Ppolicy,
  account: NewAccount,
  signal: AbortSignal,
): Promise<{ dn: string; key: string }> {
  const { session, spec, fields } = maker;
  const { base, holdBase, createBase = base, createClasses } = spec;
  requireWithin(createBase, base);
  const loginAttribute = fields['login']!;
  const filter = `(${loginAttribute}=${filterValue(account.login)})`;
  for (const each of new Set([base, createBase, ...(holdBase === undefined ? [] : [holdBase])]))
    for await (const [taken] of session.search({ base: each, scope: 'sub', filter, attributes: ['1.1'] }, signal))
      if (taken) throw accountExists(account.login, taken.dn);
  const attributes: Record<string, LdapValue[]> = {
    objectClass: [...createClasses],
    [loginAttribute]: [account.login],
  };
  for (const [field, value] of Object.entries(account.attributes)) attributes[fields[field] ?? field] = [value];
  attributes['cn'] ??= [account.attributes['personName'] ?? account.login];
  attributes['sn'] ??= [account.attributes['personName'] ?? account.login];
  const end = account.expiresAt === undefined ? undefined : endAttribute(spec, ppolicy);
  if (end !== undefined && end !== 'pwdEndTime') attributes[end] = [generalizedTimeOf(account.expiresAt!)];
  const dn = `${loginAttribute}=${dnValue(account.login)},${createBase}`;
  try {
    await session.add(dn, attributes, signal);
  } catch (error) {
    throw notAdded(error, account.login, dn);
  }
  try {
    await session.setPassword(dn, account.password, signal);
    const changes: LdapChange[] = [];
    if (ppolicy.knows('pwdReset')) changes.push({ operation: 'replace', attribute: 'pwdReset', values: ['TRUE'] });
    if (end === 'pwdEndTime')
      changes.push({ operation: 'replace', attribute: end, values: [generalizedTimeOf(account.expiresAt!)] });
    if (changes.length > 0) await maker.modify(dn, changes, signal);
    for await (const [made] of session.search(
      { base: dn, scope: 'base', filter: '(objectClass=*)', attributes: ['entryUUID'] },
      signal,
    ))
      if (made) return { dn: made.dn, key: maker.keyOf(made) ?? '' };
    throw new OaopsError('account-gone', `${dn} is not in the directory any more`, { next: 'Try again.' });
  } catch (error) {
    // Nobody knows its password, and it may be half of what was asked for.
    const isRemoved = await session.remove(dn, signal).then(
      () => true,
      () => false,
    );
    throw isRemoved && error instanceof Error ? asNotBegun(error) : error;
  }
}

function endAttribute(spec: Spec, ppolicy: Ppolicy): string {
  const attribute = spec.fields.expires ?? (ppolicy.knows('pwdEndTime') ? 'pwdEndTime' : undefined);
  if (attribute !== undefined) return attribute;
  throw usageError('account-end-unknown', 'the directory has no attribute for the end of an account', {
    next: 'Name one as "fields.expires".',
  });
}

/** A server that says no has made nothing. */
export function notAdded(error: unknown, login: string, dn: string): unknown {
  if (statusOf(error) === 68) return accountExists(login, dn);
  return error instanceof Error && statusOf(error) !== undefined ? asNotBegun(error) : error;
}

export function accountExists(login: string, dn: string): OaopsError {
  return new OaopsError('account-exists', `there is an account "${login}" already: ${dn}`, {
    exitCode: 4,
    next: 'Choose another login.',
  });
}

/** What is made outside of what is read would be gone at once. @throws OaopsError `create-base-outside` (exit 2) */
export function requireWithin(createBase: string, base: string): void {
  if (isWithin(createBase, base)) return;
  throw usageError('create-base-outside', `new accounts below ${createBase} would not be seen below ${base}`, {
    next: 'Give a "createBase" that lies below "base".',
  });
}
