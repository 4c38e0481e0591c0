import { dnKey } from '../../../core/dn.ts';
import { filterValue } from '../../../core/ldap-filter.ts';
import type { Account } from '../../model.ts';
import type { LdapEntry, LdapSession } from '../../ports.ts';
import type { Membership } from './dialect.ts';
import { bracketed, textsOf } from './values.ts';

/** groupOfNames, groupOfUniqueNames, and posixGroup (RFC 2307), which names people by uid. */
export const memberAttributes = ['member', 'uniqueMember', 'memberUid'] as const;
/** A group may have a hundred thousand members: few at once. */
const groupsAtOnce = 20;

export interface GroupPlace {
  session: LdapSession;
  base: string;
  filter: string;
}

/**
 * Reads all groups, and gives each account the names of its own, in the order of the groups; accounts of the same groups have one list.
 * `uidsOf`: by what posixGroup names people. Of several with one uid those count that are not held.
 */
export async function readGroupRights(
  { session, base, filter }: GroupPlace,
  accounts: readonly Account[],
  uidsOf: (account: Account) => readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const byDn = new Map<string, Account>();
  for (const account of accounts) byDn.set(dnKey(account.name), account);
  let byUid: Map<string, Account[]> | undefined;
  const request = { base, scope: 'sub' as const, filter, attributes: [...memberAttributes], pageSize: groupsAtOnce };
  for await (const page of session.search(request, signal)) {
    for (const group of page) {
      const longer = new Map<readonly string[], readonly string[]>();
      const give = (account: Account | undefined) => {
        if (!account || account.rights.at(-1) === group.dn) return;
        const rights = longer.get(account.rights) ?? [...account.rights, group.dn];
        longer.set(account.rights, rights);
        account.rights = rights;
      };
      for (const member of textsOf(group, 'member')) give(byDn.get(dnKey(member)));
      for (const member of textsOf(group, 'uniqueMember')) give(byDn.get(dnKey(withoutUniqueId(member))));
      const uids = textsOf(group, 'memberUid');
      if (uids.length > 0) byUid ??= accountsByUid(accounts, uidsOf);
      for (const uid of uids) byUid?.get(uid)?.forEach(give);
    }
  }
}

function accountsByUid(accounts: readonly Account[], uidsOf: (account: Account) => readonly string[]) {
  const byUid = new Map<string, Account[]>();
  for (const account of accounts)
    for (const uid of uidsOf(account)) {
      const same = byUid.get(uid);
      if (same) same.push(account);
      else byUid.set(uid, [account]);
    }
  for (const [uid, same] of byUid)
    if (same.length > 1 && same.some(({ held }) => !held))
      byUid.set(
        uid,
        same.filter(({ held }) => !held),
      );
  return byUid;
}

/** The groups of one entry, with the values by which it stands there. */
export async function groupsOf(
  { session, base, filter }: GroupPlace,
  { dn, uids }: { dn: string; uids: readonly string[] },
  signal: AbortSignal,
): Promise<Membership[]> {
  const matched = [
    `(member=${filterValue(dn)})`,
    `(uniqueMember=${filterValue(dn)})`,
    ...uids.map((uid) => `(memberUid=${filterValue(uid)})`),
  ];
  const request = {
    base,
    scope: 'sub' as const,
    filter: `(&${bracketed(filter)}(|${matched.join('')}))`,
    attributes: [...memberAttributes],
    matched,
  };
  const key = dnKey(dn);
  const found: Membership[] = [];
  for await (const page of session.search(request, signal)) for (const group of page) found.push(...ownIn(group));
  return found;

  function ownIn(group: LdapEntry): Membership[] {
    const own = (attribute: string, isOwn: (value: string) => boolean) =>
      textsOf(group, attribute)
        .filter(isOwn)
        .map((value) => ({ group: group.dn, attribute, value }));
    return [
      ...own('member', (value) => dnKey(value) === key),
      ...own('uniqueMember', (value) => dnKey(withoutUniqueId(value)) === key),
      ...own('memberUid', (value) => uids.includes(value)),
    ];
  }
}

/** RFC 4517 section 3.3.21: a name may be followed by `#'0101'B`. */
function withoutUniqueId(name: string): string {
  return name.replace(/#'[01]*'B$/, '');
}
