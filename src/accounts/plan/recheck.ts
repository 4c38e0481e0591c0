import { alikeOf, reasonToJudgeAnew } from '../audit/rehired.ts';
import type { EntryItem } from '../entry/entry.ts';
import { type Match, Matcher } from '../matching/match.ts';
import { type KnownPerson, PeopleIndex, placeNames } from '../matching/people.ts';
import { type Account, isOfRights } from '../model.ts';
import type { OpeningItem } from '../person/opening.ts';
import { Staff } from '../person/staff.ts';
import type { AccountDoors } from '../ports.ts';
import type { Company } from '../schema/spec.ts';
import type { SourceRead } from '../source.ts';
import { readSource } from '../sources/read.ts';
import { identityOf } from './seen.ts';

/**
 * Reads the sources again, and tells which lines of a list do not hold any more, with the reason.
 * @throws OaopsError as the sources do
 */
export async function stillHolds(
  company: Company,
  items: readonly EntryItem[],
  doors: AccountDoors,
  signal: AbortSignal,
  openings: readonly OpeningItem[] = [],
): Promise<Map<string, string>> {
  const sources: SourceRead[] = [];
  for (const spec of company.sources) sources.push(await readSource(spec, doors, signal));
  const confirmed = new Map(items.flatMap(confirmedPair));
  const dropped = new Map<string, string>();
  for (const [directory, own] of Map.groupBy(items, (item) => item.directory)) {
    const judgedBy = company.directories.find(({ id }) => id === directory)?.judgedBy;
    const judging = judgedBy === undefined ? sources : sources.filter(({ id }) => judgedBy.includes(id));
    const index = new PeopleIndex(judging, company.matching.ignoreCase);
    // What a person has confirmed is in the plan already.
    const matcher = new Matcher(index, company.matching.by, confirmed);
    const matched = own.map((item) => matchedAgain(item, matcher));
    for (const one of matched) {
      const reason = reasonToDrop(one);
      if (reason !== undefined) dropped.set(one.item.line, reason);
    }
    for (const [line, reason] of comeBack(matched, index)) if (!dropped.has(line)) dropped.set(line, reason);
  }
  const staff = new Staff(sources, company.matching.ignoreCase);
  for (const opening of openings) {
    const reason = reasonNotToOpen(opening, staff.numbered(opening.person));
    if (reason !== undefined) dropped.set(opening.line, reason);
  }
  return dropped;
}

/** An account with the rights of a role is made for nobody who has gone, or works elsewhere by now. */
function reasonNotToOpen(opening: OpeningItem, person: KnownPerson | undefined): string | undefined {
  if (!person) return `${opening.person} is not in the sources any more`;
  if (person.employment !== 'active' && person.employment !== 'future')
    return `${person.id} is not employed any more (${person.where})`;
  const moved = (['department', 'post'] as const).some(
    (what) => (person[what] ?? '') !== (opening.attributes[what] ?? ''),
  );
  return moved ? `${person.id} has another department or post now (${person.where})` : undefined;
}

function confirmedPair(item: EntryItem): [string, string][] {
  return item.person === undefined ? [] : [[`${item.directory}|${item.ref.key}`, item.person]];
}

/** A line, and whose account it is by the sources as they are now. */
interface Matched {
  item: EntryItem;
  account: Account;
  match: Match;
}

function matchedAgain(item: EntryItem, matcher: Matcher): Matched {
  const { directory, ref, seen, person, personName, department } = item;
  // Of nobody's account, name and department are its own.
  const own = person === undefined ? { personName, department } : {};
  const account = { directory, key: ref.key, ...identityOf(seen), ...own } as Account;
  return { item, account, match: matcher.match(account) };
}

/** Accounts of leavers and of nobody that may be of somebody who is employed, and of whom the plan did not know. */
function* comeBack(matched: readonly Matched[], index: PeopleIndex): Iterable<[line: string, reason: string]> {
  const doubtful = matched.filter(
    ({ item }) => !item.atOnce && (item.findings.includes('leaver') || item.findings.includes('orphan')),
  );
  for (const [one, alike] of alikeOf(doubtful, index)) {
    const { item } = one;
    const other = alike.find(({ person }) => !item.alike?.includes(person.id));
    if (other) yield [item.line, reasonToJudgeAnew(one, other)];
  }
}

function reasonToDrop({ item, match }: Matched): string | undefined {
  if (item.findings.includes('leaver')) {
    if (match.kind !== 'person') return 'its person is not in the sources any more, or not clear';
    if (match.person.employment !== 'left') return `${match.person.id} is employed (${match.person.where})`;
  }
  if (item.findings.includes('orphan') && match.kind !== 'nobody')
    return match.kind === 'person'
      ? `it belongs to ${match.person.id} (${match.person.where})`
      : 'it cannot be told any more whose it is';
  if (item.findings.some(isOfRights) && match.kind === 'person' && item.places !== undefined) {
    const now = placeNames(match.person);
    if (now.join('\n') !== item.places.join('\n'))
      return `${match.person.id} works as ${now.join(', ')} now (${match.person.where})`;
  }
  return undefined;
}
