import { dnKey, isWithin, rdnOf, rdnsOf } from '../../../core/dn.ts';
import { asNotBegun, OaopsError } from '../../../core/errors.ts';
import type { Change, Changed, EntryRef } from '../../directory.ts';
import type { LdapChange, LdapEntry } from '../../ports.ts';
import type { Dialect, LdapImage, LdapMark, Membership } from './dialect.ts';
import { namesOf, ofRights, putIn, statusOf, takeOut } from './members.ts';
import { fromJson, type JsonValue, type JsonValues, sameValues, textsOf, toJson, valuesOf } from './values.ts';
import { beforeChange, firstRequest } from './without-trace.ts';

export interface Made {
  done: string[];
  left: string[];
  mark: LdapMark;
  name: string;
}

/** Makes one change; what it finds done already counts as done by it, because it may have been cut off. */
export async function makeChange(
  dialect: Dialect,
  entry: EntryRef,
  change: Change,
  image: LdapImage,
  signal: AbortSignal,
): Promise<Changed> {
  const made = await changed(dialect, entry, change, image, signal);
  return { ...made, mark: { ...made.mark } };
}

async function changed(
  dialect: Dialect,
  entry: EntryRef,
  change: Change,
  image: LdapImage,
  signal: AbortSignal,
): Promise<Made> {
  const now = await beforeChange(() => dialect.find(entry.key, ['*', ...dialect.keptAttributes], signal));
  if (change.do === 'delete') return remove(dialect, now, entry, image, signal);
  if (!now) {
    throw asNotBegun(
      new OaopsError('account-gone', `${entry.name} is not in the directory any more`, {
        next: 'Somebody deleted it, or moved it out of "base" and "holdBase": plan anew.',
      }),
    );
  }
  switch (change.do) {
    case 'disable':
      return set(dialect, now, image, await beforeChange(() => dialect.locked(now)), 'disabled', signal);
    case 'strip':
      return strip(dialect, now, image, ofRights(image.groups, change.rights), signal);
    case 'hold':
      return hold(dialect, now, image, signal);
    case 'grant':
      return grant(dialect, now, image, change.rights, signal);
    case 'update':
      return update(dialect, now, image, change.attributes, signal);
    case 'sessions':
      throw asNotBegun(
        new OaopsError('change-unknown', 'a directory by LDAP has no sessions to end', {
          next: 'Leave "sessions" out for this directory.',
        }),
      );
  }
}

/** Sets attributes; only what is not so. `words`: what was done, instead of one line an attribute. */
async function set(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  wanted: JsonValues,
  words: string | undefined,
  signal: AbortSignal,
): Promise<Made> {
  const open = Object.entries(wanted).filter(([name, values]) => !sameValues(valuesOf(now, name).map(toJson), values));
  const changes = open.flatMap(([name, values]) => exchange(name, valuesOf(now, name).map(toJson), values));
  if (changes.length > 0) await firstRequest(dialect.modify(now.dn, changes, signal));
  const ours = Object.entries(wanted).filter(([name, values]) => !sameValues(imageValues(image, name), values));
  const lines =
    words === undefined ? open.map(([name, values]) => `${name}: ${values.map(shown).join(', ') || '-'}`) : [words];
  return { done: changes.length > 0 ? lines : [], left: [], mark: { set: Object.fromEntries(ours) }, name: now.dn };
}

function shown(value: JsonValue): string {
  return typeof value === 'string' ? value : '...';
}

/** Old values for new ones: it fails when somebody else has changed them meanwhile. */
export function exchange(attribute: string, old: readonly JsonValue[], values: readonly JsonValue[]): LdapChange[] {
  const changes: LdapChange[] = [];
  if (old.length > 0) changes.push({ operation: 'delete', attribute, values: old.map(fromJson) });
  if (values.length > 0) changes.push({ operation: 'add', attribute, values: values.map(fromJson) });
  return changes;
}

/** Values of an image, whatever the case of the name. */
export function imageValues(image: LdapImage, attribute: string): JsonValue[] {
  const key = attribute.toLowerCase();
  const named = [...Object.entries(image.kept), ...Object.entries(image.attributes)];
  return named.find(([name]) => name.toLowerCase() === key)?.[1] ?? [];
}

async function strip(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  groups: readonly Membership[],
  signal: AbortSignal,
): Promise<Made> {
  const made: Made & { mark: { groups: Membership[] } } = { done: [], left: [], mark: { groups: [] }, name: now.dn };
  for (const membership of groups) {
    const other = await dialect.namesake(membership, now, signal);
    const result =
      other === undefined
        ? await takeOut(dialect.session, membership, namesOf(membership, image.dn, now.dn), signal)
        : { left: `${membership.value} in ${membership.group} is ${other} too, and stays` };
    if ('left' in result) made.left.push(result.left);
    else made.mark.groups.push(membership);
    if ('made' in result) made.done.push(`taken out of ${membership.group}`);
  }
  return made;
}

async function grant(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  rights: readonly string[],
  signal: AbortSignal,
): Promise<Made> {
  const made: Made & { mark: { groups: Membership[] } } = { done: [], left: [], mark: { groups: [] }, name: now.dn };
  const held = new Set(image.groups.map(({ group }) => dnKey(group)));
  for (const right of rights.filter((name) => !held.has(dnKey(name)))) {
    const group = await entryAt(dialect, right, ['objectClass'], signal);
    const membership = group && dialect.membershipIn(group, now);
    const result = membership
      ? await putIn(dialect.session, membership, signal)
      : { left: `there is no group ${right} that people can be put into` };
    if ('left' in result) made.left.push(result.left);
    else made.mark.groups.push(membership!);
    if ('made' in result) made.done.push(`put into ${right}`);
  }
  return made;
}

/** The entry of a name; undefined where there is none. */
export async function entryAt(
  { session }: Dialect,
  dn: string,
  attributes: string[],
  signal: AbortSignal,
): Promise<LdapEntry | undefined> {
  try {
    const request = { base: dn, scope: 'base' as const, filter: '(objectClass=*)', attributes };
    for await (const [entry] of session.search(request, signal)) return entry;
    return undefined;
  } catch (error) {
    if (error instanceof OaopsError && error.code === 'directory-base-missing') return undefined;
    throw error;
  }
}

/** Moves an entry below the hold area. */
async function hold(dialect: Dialect, now: LdapEntry, image: LdapImage, signal: AbortSignal): Promise<Made> {
  const { holdBase } = dialect.spec;
  if (holdBase === undefined) {
    throw asNotBegun(
      new OaopsError('hold-base-missing', 'the directory has no "holdBase"', {
        next: 'Name the place for disabled accounts as "holdBase".',
      }),
    );
  }
  if (isWithin(now.dn, holdBase)) {
    await followMove(dialect, image.dn, now.dn, signal);
    return { done: [], left: [], mark: { movedTo: now.dn }, name: now.dn };
  }
  const name = `${rdnOf(now.dn)},${holdBase}`;
  await moveTo(dialect, now.dn, name, signal);
  return { done: [`moved to ${name}`], left: [], mark: { movedTo: name }, name };
}

/** Moves an entry, and the names of members of groups with it. @throws OaopsError `name-taken` (exit 4) */
export async function moveTo(dialect: Dialect, from: string, to: string, signal: AbortSignal): Promise<void> {
  try {
    const move = {
      newRdn: rdnOf(to),
      newSuperior: rdnsOf(to).slice(1).join(','),
      // The name may be written in other letters than the value: deleted, it would come back in those.
      deleteOldRdn: dialect.deletesOldRdn,
    };
    await firstRequest(dialect.session.rename(from, move, signal));
  } catch (error) {
    if (statusOf(error) !== 68) throw error;
    throw asNotBegun(
      new OaopsError('name-taken', `${from} cannot be moved: there is another entry ${to}`, {
        exitCode: 4,
        next: 'Rename or delete the other entry.',
        cause: error,
      }),
    );
  }
  await followMove(dialect, from, to, signal);
}

/** Brings groups after an entry that was moved, perhaps by a process that was cut off before it came to them. */
export async function followMove(dialect: Dialect, from: string, to: string, signal: AbortSignal): Promise<void> {
  if (dialect.followsMembers || dnKey(from) === dnKey(to)) return;
  const stale = await dialect.memberships({ dn: from, attributes: {} }, signal);
  // The name may be somebody else's by now, and with it the groups.
  if (stale.length === 0 || (await entryAt(dialect, from, ['1.1'], signal))) return;
  for (const { group, attribute, value } of stale) {
    try {
      await dialect.session.modify(group, exchange(attribute, [value], [to]), signal);
    } catch (error) {
      // The server has followed by itself (overlay refint), or the group is gone.
      if (![16, 20, 32].includes(statusOf(error) ?? -1)) throw error;
    }
  }
}

/** The entry first: what the server does not delete keeps its groups. */
async function remove(
  dialect: Dialect,
  now: LdapEntry | undefined,
  entry: EntryRef,
  image: LdapImage,
  signal: AbortSignal,
): Promise<Made> {
  const done: string[] = [];
  if (now) {
    await beforeChange(() => requireNothingBelow(dialect, now.dn, signal));
    try {
      await firstRequest(dialect.session.remove(now.dn, signal));
      done.push(`deleted ${now.dn}`);
    } catch (error) {
      const status = statusOf(error);
      if (status === 66) throw asNotBegun(hasEntries(now.dn));
      if (status !== 32) throw error;
    }
  }
  const gone = now ?? { dn: entry.name, attributes: {} };
  const made = await strip(dialect, gone, image, image.groups, signal);
  return { ...made, done: [...made.done, ...done] };
}

/** Not every server refuses to delete an entry with others below it. */
async function requireNothingBelow({ session }: Dialect, dn: string, signal: AbortSignal): Promise<void> {
  const request = { base: dn, scope: 'one' as const, filter: '(objectClass=*)', attributes: ['1.1'], pageSize: 1 };
  for await (const page of session.search(request, signal)) if (page.length > 0) throw hasEntries(dn);
}

function hasEntries(dn: string): OaopsError {
  return new OaopsError('account-has-entries', `${dn} cannot be deleted: there are entries below it`, {
    next: 'Delete or move them first.',
  });
}

async function update(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  attributes: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Made> {
  const naming = new Set(
    rdnOf(now.dn)
      .split('+')
      .map((pair) => pair.slice(0, pair.indexOf('=')).trim().toLowerCase()),
  );
  const wanted: JsonValues = {};
  const left: string[] = [];
  for (const [field, value] of Object.entries(attributes)) {
    const attribute = dialect.fields[field] ?? field;
    if (!naming.has(attribute.toLowerCase())) wanted[attribute] = value === '' ? [] : [value];
    else if (!textsOf(now, attribute).includes(value))
      left.push(`${attribute} names the entry ${now.dn}, and was left as it is`);
  }
  return { ...(await set(dialect, now, image, wanted, undefined, signal)), left };
}
