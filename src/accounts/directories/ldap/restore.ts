import { dnKey, isWithin, parentOf, rdnOf } from '../../../core/dn.ts';
import { messageOf, OaopsError } from '../../../core/errors.ts';
import type { Change, EntryRef, Image, Restored } from '../../directory.ts';
import type { LdapEntry } from '../../ports.ts';
import { exchange, imageValues, moveTo } from './changes.ts';
import type { Dialect, LdapImage, LdapMark, Membership } from './dialect.ts';
import { namesOf, ofRights, putIn, renewMember, takeOut } from './members.ts';
import { type JsonValues, sameValues, toJson, valuesOf } from './values.ts';

type Mark = { change: Change; mark: Image | null };

/** The entry exists first, then has its old name, then everything that hangs on the name. */
export async function restoreEntry(
  dialect: Dialect,
  entry: EntryRef,
  image: LdapImage,
  marks: readonly Mark[],
  signal: AbortSignal,
): Promise<Restored> {
  const restored: Restored = { done: [], conflicts: [] };
  const attributes = ['*', ...dialect.keptAttributes];
  let now = await dialect.find(entry.key, attributes, signal);
  if (!now) {
    const deleted = marks.some(({ change }) => change.do === 'delete');
    now = deleted ? await anew(dialect, image, restored, signal) : undefined;
    if (!now) {
      if (!deleted) restored.conflicts.push(`${entry.name} was deleted by somebody else`);
      return restored;
    }
  }
  const held = marks.find(({ change }) => change.do === 'hold');
  if (held) now = await moveBack(dialect, now, image, held.mark as LdapMark | null, restored, signal);
  for (const { change, mark } of marks.toReversed()) {
    await takeBack(dialect, now, image, change, mark as LdapMark | null, restored, signal);
  }
  return restored;
}

async function takeBack(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  change: Change,
  mark: LdapMark | null,
  restored: Restored,
  signal: AbortSignal,
): Promise<void> {
  switch (change.do) {
    case 'disable':
      return unlock(dialect, now, image, mark, restored, signal);
    case 'strip':
      return putBack(
        dialect,
        now,
        image,
        mark?.groups ?? ofRights(image.groups, change.rights),
        change.do,
        restored,
        signal,
      );
    case 'delete':
      return putBack(dialect, now, image, image.groups, change.do, restored, signal);
    case 'grant':
      return takeAway(
        dialect,
        now,
        image,
        mark?.groups ?? (await granted(dialect, now, image, change.rights, signal)),
        restored,
        signal,
      );
    case 'update':
      return setBack(dialect, now, image, mark?.set ?? asUpdated(dialect, image, change.attributes), restored, signal);
    case 'hold':
    case 'sessions':
  }
}

/** A deleted entry; undefined where its name is taken. */
async function anew(
  dialect: Dialect,
  image: LdapImage,
  restored: Restored,
  signal: AbortSignal,
): Promise<LdapEntry | undefined> {
  const { attributes, afterwards, lost } = dialect.reborn(image);
  const there = await entryAt(dialect, image.dn, signal);
  if (there) {
    const ours = Object.entries(attributes).every(([name, values]) =>
      sameValues(valuesOf(there, name).map(toJson), values.map(toJson)),
    );
    if (ours) return there;
    restored.conflicts.push(`there is another entry ${image.dn} now`);
    return undefined;
  }
  await dialect.session.add(image.dn, attributes, signal);
  if (afterwards.length > 0) await dialect.modify(image.dn, afterwards, signal);
  restored.done.push(`made ${image.dn} anew`);
  restored.conflicts.push(`${image.dn} has no password: set a new one`, ...lost);
  return entryAt(dialect, image.dn, signal);
}

async function entryAt({ session, keptAttributes }: Dialect, dn: string, signal: AbortSignal) {
  const attributes = ['*', ...keptAttributes];
  try {
    for await (const [entry] of session.search(
      { base: dn, scope: 'base', filter: '(objectClass=*)', attributes },
      signal,
    ))
      return entry;
  } catch (error) {
    if (!(error instanceof OaopsError) || error.code !== 'directory-base-missing') throw error;
  }
  return undefined;
}

async function moveBack(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  mark: LdapMark | null,
  restored: Restored,
  signal: AbortSignal,
): Promise<LdapEntry> {
  if (dnKey(now.dn) === dnKey(image.dn)) return now;
  const ours =
    mark?.movedTo !== undefined
      ? dnKey(now.dn) === dnKey(mark.movedTo)
      : dnKey(rdnOf(now.dn)) === dnKey(rdnOf(image.dn)) && isWithin(now.dn, dialect.spec.holdBase ?? image.dn);
  if (!ours) {
    restored.conflicts.push(`${now.dn} was moved by somebody else, and stays there`);
    return now;
  }
  try {
    await moveTo(dialect, now.dn, image.dn, signal);
  } catch (error) {
    if (!(error instanceof OaopsError) || !['name-taken', 'directory-change-refused'].includes(error.code)) throw error;
    restored.conflicts.push(`${now.dn} cannot be moved back to ${parentOf(image.dn)}: ${messageOf(error)}`);
    return now;
  }
  restored.done.push(`moved to ${image.dn}`);
  return { ...now, dn: image.dn };
}

async function unlock(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  mark: LdapMark | null,
  restored: Restored,
  signal: AbortSignal,
): Promise<void> {
  const { changes, conflict } = dialect.unlock(now, image, mark?.set ?? dialect.locked(now));
  if (conflict !== undefined) restored.conflicts.push(conflict);
  if (changes.length === 0) return;
  await dialect.modify(now.dn, changes, signal);
  restored.done.push('enabled as it was');
}

async function putBack(
  { session }: Dialect,
  now: LdapEntry,
  image: LdapImage,
  groups: readonly Membership[],
  change: 'strip' | 'delete',
  restored: Restored,
  signal: AbortSignal,
): Promise<void> {
  for (const membership of groups) {
    const value = namesOf(membership, image.dn, now.dn).at(-1)!;
    const result = await putIn(session, { ...membership, value }, signal);
    if ('left' in result) restored.conflicts.push(result.left);
    if ('made' in result) restored.done.push(`put into ${membership.group}`);
    else if ('absent' in result && change === 'delete') await renewMember(session, { ...membership, value }, signal);
  }
}

async function takeAway(
  { session }: Dialect,
  now: LdapEntry,
  image: LdapImage,
  groups: readonly Membership[],
  restored: Restored,
  signal: AbortSignal,
): Promise<void> {
  for (const membership of groups) {
    const result = await takeOut(session, membership, namesOf(membership, image.dn, now.dn), signal);
    if ('left' in result) restored.conflicts.push(result.left);
    if ('made' in result) restored.done.push(`taken out of ${membership.group}`);
  }
}

/** What a grant that was cut off may have given: rights that it was to give, that are there, and were not. */
async function granted(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  rights: readonly string[],
  signal: AbortSignal,
): Promise<Membership[]> {
  const before = new Set(image.groups.map(({ group }) => dnKey(group)));
  const there = ofRights(await dialect.memberships(now, signal), rights);
  return there.filter(({ group }) => !before.has(dnKey(group)));
}

async function setBack(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  marked: JsonValues,
  restored: Restored,
  signal: AbortSignal,
): Promise<void> {
  for (const [attribute, values] of Object.entries(marked)) {
    const current = valuesOf(now, attribute).map(toJson);
    const old = imageValues(image, attribute);
    if (sameValues(current, old)) continue;
    if (!sameValues(current, values)) {
      restored.conflicts.push(`${attribute} of ${now.dn} was changed by somebody else, and stays so`);
      continue;
    }
    await dialect.modify(now.dn, exchange(attribute, current, old), signal);
    restored.done.push(`${attribute}: as it was`);
  }
}

function asUpdated(dialect: Dialect, image: LdapImage, attributes: Readonly<Record<string, string>>): JsonValues {
  const naming = dnKey(rdnOf(image.dn));
  return Object.fromEntries(
    Object.entries(attributes)
      .map(([field, value]): [string, string[]] => [dialect.fields[field] ?? field, value === '' ? [] : [value]])
      .filter(([name]) => !naming.startsWith(`${name.toLowerCase()}=`)),
  );
}
