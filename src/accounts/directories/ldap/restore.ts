import { dnKey, isWithin, parentOf, rdnOf } from '../../../core/dn.ts';
import { messageOf, OaopsError } from '../../../core/errors.ts';
import type { Change, EntryRef, Image, Restored } from '../../directory.ts';
import type { LdapEntry } from '../../ports.ts';
import { entryAt, exchange, followMove, imageValues, moveTo } from './changes.ts';
import type { Dialect, LdapImage, LdapMark, Membership } from './dialect.ts';
import { isMember, namesOf, ofRights, putIn, renewMember, statusOf, takeOut } from './members.ts';
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
  const deleted = marks.some(({ change }) => change.do === 'delete');
  let now = await dialect.find(entry.key, wholly(dialect), signal);
  if (!now) {
    now = deleted ? await anew(dialect, image, restored, signal) : undefined;
    if (!now) {
      if (!deleted) restored.conflicts.push(`${entry.name} was deleted by somebody else`);
      return restored;
    }
  }
  const key = dialect.keyOf(now);
  if (deleted && key !== undefined) {
    restored.key = key;
    restored.conflicts.push(...dialect.lost(now, image));
  }
  const held = marks.find(({ change }) => change.do === 'hold');
  if (held) now = await moveBack(dialect, now, image, held.mark as LdapMark | null, restored, signal);
  for (const { change, mark } of marks.toReversed()) {
    await takeBack(dialect, entry, now, image, change, mark as LdapMark | null, restored, signal);
  }
  return restored;
}

/** Attributes of an entry as a restore looks at it. */
function wholly({ readAttributes, keptAttributes }: Dialect): string[] {
  return ['*', ...new Set([...readAttributes, ...keptAttributes])];
}

async function takeBack(
  dialect: Dialect,
  ref: EntryRef,
  now: LdapEntry,
  image: LdapImage,
  change: Change,
  mark: LdapMark | null,
  restored: Restored,
  signal: AbortSignal,
): Promise<void> {
  switch (change.do) {
    case 'disable':
      return unlock(dialect, ref.anew === true, now, image, mark, restored, signal);
    case 'strip':
    case 'delete':
      return putBack(dialect, now, image, change, mark, restored, signal);
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
  const { attributes, afterwards } = dialect.reborn(image);
  const there = await entryAt(dialect, image.dn, wholly(dialect), signal);
  if (there) {
    const ours = Object.entries(attributes).every(([name, values]) =>
      sameValues(valuesOf(there, name).map(toJson), values.map(toJson)),
    );
    if (ours) {
      const open = afterwards.filter(
        ({ attribute, values }) => !sameValues(valuesOf(there, attribute).map(toJson), values.map(toJson)),
      );
      if (open.length > 0) await dialect.modify(image.dn, open, signal);
      return there;
    }
    restored.conflicts.push(`there is another entry ${image.dn} now`);
    return undefined;
  }
  await dialect.session.add(image.dn, attributes, signal);
  if (afterwards.length > 0) await dialect.modify(image.dn, afterwards, signal);
  restored.done.push(`made ${image.dn} anew`);
  return entryAt(dialect, image.dn, wholly(dialect), signal);
}

async function moveBack(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  mark: LdapMark | null,
  restored: Restored,
  signal: AbortSignal,
): Promise<LdapEntry> {
  if (dnKey(now.dn) === dnKey(image.dn)) {
    // It was moved back by a process that was cut off before the groups.
    const { holdBase } = dialect.spec;
    const from = mark?.movedTo ?? (holdBase === undefined ? undefined : `${rdnOf(image.dn)},${holdBase}`);
    if (from !== undefined) await followMove(dialect, from, now.dn, signal);
    return now;
  }
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
  isAnew: boolean,
  now: LdapEntry,
  image: LdapImage,
  mark: LdapMark | null,
  restored: Restored,
  signal: AbortSignal,
): Promise<void> {
  const { changes, conflict } = dialect.unlock(now, image, mark?.set ?? dialect.locked(now), isAnew);
  if (conflict !== undefined) restored.conflicts.push(conflict);
  if (changes.length === 0) return;
  try {
    await dialect.modify(now.dn, changes, signal);
  } catch (error) {
    // Whoever was deleted since has no password, without which Active Directory enables nobody.
    if (statusOf(error) === undefined) throw error;
    restored.conflicts.push(`${now.dn} cannot be enabled: ${messageOf(error)}`);
    return;
  }
  restored.done.push('enabled as it was');
}

async function putBack(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  change: Extract<Change, { do: 'strip' | 'delete' }>,
  mark: LdapMark | null,
  restored: Restored,
  signal: AbortSignal,
): Promise<void> {
  const isSame = (one: Membership) => (other: Membership) =>
    one.group === other.group && one.attribute === other.attribute && one.value === other.value;
  const groups = change.do === 'delete' ? image.groups : (mark?.groups ?? ofRights(image.groups, change.rights));
  for (const membership of groups) {
    const value = namesOf(membership, image.dn, now.dn).at(-1)!;
    const member = { ...membership, value };
    const other = await dialect.namesake(member, now, signal);
    if (other !== undefined) {
      // Left where it was because it is somebody else's too, it is still there; taken out, it would be shared.
      const wasTaken = mark?.groups?.some(isSame(membership)) === true;
      if (wasTaken || !(await isMember(dialect.session, member, signal)))
        restored.conflicts.push(`${value} is ${other} now, and was not put into ${membership.group}`);
      continue;
    }
    const result = await putIn(dialect.session, member, signal);
    if ('left' in result) restored.conflicts.push(result.left);
    if ('made' in result) restored.done.push(`put into ${membership.group}`);
    else if ('absent' in result && change.do === 'delete') await renewMember(dialect.session, member, signal);
  }
}

async function takeAway(
  dialect: Dialect,
  now: LdapEntry,
  image: LdapImage,
  groups: readonly Membership[],
  restored: Restored,
  signal: AbortSignal,
): Promise<void> {
  for (const membership of groups) {
    const other = await dialect.namesake(membership, now, signal);
    const result =
      other === undefined
        ? await takeOut(dialect.session, membership, namesOf(membership, image.dn, now.dn), signal)
        : { left: `${membership.value} in ${membership.group} is ${other} too, and stays` };
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
