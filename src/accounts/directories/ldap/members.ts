import { dnKey } from '../../../core/dn.ts';
import { OaopsError } from '../../../core/errors.ts';
import { filterValue } from '../../../core/ldap-filter.ts';
import type { LdapSession } from '../../ports.ts';
import type { Membership } from './dialect.ts';

/** `absent`: it was so already. */
export type MemberChange = { made: true } | { absent: true } | { left: string };

/** Results of RFC 4511 that say that a change was not needed, or cannot be made; all others are thrown. */
const notAsAttribute = 16;
const notThere = 32;
const violatesClass = 65;
const unwilling = 53;

/** The result of a change that the server refused, or undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof OaopsError) || error.code !== 'directory-change-refused') return undefined;
  return Number(error.details['status']);
}

/** Takes a member out of a group. `names`: how it may stand there, by its old name and its new one. */
export async function takeOut(
  session: LdapSession,
  { group, attribute }: Membership,
  names: readonly string[],
  signal: AbortSignal,
): Promise<MemberChange> {
  for (const name of names) {
    try {
      await session.modify(group, [{ operation: 'delete', attribute, values: [name] }], signal);
      return { made: true };
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined) throw error;
      if (status === notThere) return { absent: true };
      if (status === notAsAttribute) continue;
      // Active Directory is unwilling to take out who is not a member; it may be so for other reasons too.
      if (status === unwilling && !(await isMember(session, { group, attribute, value: name }, signal))) continue;
      if (status === violatesClass) return { left: `${name} is the only member of ${group}, which must have one` };
      return { left: `${name} is still in ${group}: ${(error as OaopsError).message}` };
    }
  }
  return { absent: true };
}

/** Whether a group has this member; one that is not there has none. */
export async function isMember(
  session: LdapSession,
  { group, attribute, value }: Membership,
  signal: AbortSignal,
): Promise<boolean> {
  const filter = `(${attribute}=${filterValue(value)})`;
  try {
    for await (const page of session.search({ base: group, scope: 'base', filter, attributes: ['1.1'] }, signal))
      if (page.length > 0) return true;
  } catch (error) {
    if (!(error instanceof OaopsError) || error.code !== 'directory-base-missing') throw error;
  }
  return false;
}

/** Puts a member into a group. */
export async function putIn(
  session: LdapSession,
  { group, attribute, value }: Membership,
  signal: AbortSignal,
): Promise<MemberChange> {
  try {
    await session.modify(group, [{ operation: 'add', attribute, values: [value] }], signal);
    return { made: true };
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined) throw error;
    // attributeOrValueExists; entryAlreadyExists is what Active Directory says.
    if (status === 20 || status === 68) return { absent: true };
    if (status === notThere) return { left: `there is no group ${group} any more` };
    return { left: `${value} could not be put into ${group}: ${(error as OaopsError).message}` };
  }
}

/** Overlay memberof forgets a member that stayed in a group when its entry was deleted: it is told again. */
export async function renewMember(
  session: LdapSession,
  { group, attribute, value }: Membership,
  signal: AbortSignal,
): Promise<void> {
  const changes = (['delete', 'add'] as const).map((operation) => ({ operation, attribute, values: [value] }));
  try {
    await session.modify(group, changes, signal);
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
  }
}

/** The names that a member may stand by: as it is stored, and where it was moved, by its name now. */
export function namesOf({ value }: Membership, oldDn: string, newDn: string): string[] {
  const moved = dnKey(value) === dnKey(oldDn) && dnKey(newDn) !== dnKey(oldDn);
  return moved ? [value, newDn] : [value];
}

export function ofRights(groups: readonly Membership[], rights: readonly string[] | undefined): Membership[] {
  if (rights === undefined) return [...groups];
  const wanted = new Set(rights.map(dnKey));
  return groups.filter(({ group }) => wanted.has(dnKey(group)));
}
