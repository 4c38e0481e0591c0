import { addDays } from '../../calendar/dates.ts';
import { parseDuration } from '../../core/units.ts';
import { dateIn, localClock } from '../../core/zoned-time.ts';
import type { FactStore } from '../../record/types.ts';
import { type SourceSpec, usualShrinkWithin } from '../schema/sources.ts';
import type { SourceRead } from '../source.ts';
import { disbelief } from './disbelief.ts';

const topic = 'accounts.source';

/** What accounts are found by, and who is employed: an export that has lost it makes strangers of employed people, or keeps those who have left. */
const telling = ['login', 'mail', 'name', 'status'] as const;
type Telling = (typeof telling)[number];

/** What is remembered of a reading that was believed. */
interface Accepted {
  employed: number;
  /** How many people have each. */
  filled: Partial<Record<Telling, number>>;
  rows: number;
  asOf?: string;
  asOfBy?: SourceRead['asOfBy'];
}

/** By its id alone: an export has another name each month, and lost people would be missed by nobody. */
const keyOf = ({ id }: Pick<SourceRead, 'id'>) => id;
const filledOf = ({ people }: SourceRead) =>
  Object.fromEntries(
    telling.map((field) => [field, people.filter((person) => person[field] !== undefined).length]),
  ) as Accepted['filled'];
const employedOf = ({ people }: SourceRead) => people.filter(({ employment }) => employment === 'active').length;

/** What the next reading of a source is measured against, without its people. */
export interface Measure {
  id: string;
  accepted: Accepted;
}

export function measureOf(read: SourceRead): Measure {
  const { asOf, asOfBy, rows } = read;
  return {
    id: keyOf(read),
    accepted: {
      employed: employedOf(read),
      filled: filledOf(read),
      rows,
      ...(asOf && { asOf }),
      ...(asOfBy && { asOfBy }),
    },
  };
}

/** Remembers a reading that a run has begun with: the next one is measured against it. @param at ISO 8601 in UTC */
export async function acceptReading(facts: FactStore, { id, accepted }: Measure, at: string): Promise<void> {
  await facts.add(topic, id, at, accepted);
}

/**
 * Compares a reading with those that were accepted: its day with the last one, its size with the largest of `shrinkWithin`.
 * @returns what people should know
 * @throws OaopsError `source-shrank`, `source-hollow`, `source-went-back` (exit 4)
 */
export async function compareWithLast(
  facts: FactStore,
  spec: SourceSpec,
  read: SourceRead,
  nowMs: number,
): Promise<string[]> {
  const [last] = await facts.list(topic, { key: keyOf(read), newestFirst: true, limit: 1 });
  if (!last && !spec.complete) return [];
  if (!last) return [`no earlier reading of the source "${spec.id}" was accepted: its size is compared with nothing`];
  const before = last.body as Accepted;
  if (read.asOf && before.asOf && read.asOfBy === before.asOfBy && read.asOf < before.asOf) {
    throw disbelief(
      'source-went-back',
      `the source "${spec.id}" is of ${read.asOf}, older than the reading of ${before.asOf} that was accepted on ${last.at.slice(0, 10)}`,
      { next: 'Bring the newest export: whoever was employed since then would be unknown.' },
    );
  }
  // A list of some people, such as the leavers of a month, has no size to keep.
  if (!spec.complete) return [];
  const kept = 1 - Number.parseInt(spec.maxShrink, 10) / 100;
  // A plan that was signed before an update may say nothing of it.
  const { shrinkWithin = parseDuration(usualShrinkWithin) } = spec as Partial<SourceSpec>;
  const since = new Date(nowMs - shrinkWithin).toISOString();
  const earlier = await facts.list(topic, { key: keyOf(read), newestFirst: true, since });
  const known = (earlier.length > 0 ? earlier : [last]).map(({ at, body }) => ({ at, ...(body as Accepted) }));
  const employed = employedOf(read);
  const most = largest(known, kept, (one) => one.employed);
  if (employed < most.size * kept) {
    throw disbelief(
      'source-shrank',
      `the source "${spec.id}" has ${employed} employed people, and ${most.size} at the reading that was accepted on ${most.day}: more than ${spec.maxShrink} fewer`,
      {
        next: 'Look whether the export is whole. If so many have left, raise "maxShrink" for one run.',
        details: { employed, before: most.size },
      },
    );
  }
  const filled = filledOf(read);
  for (const field of telling) {
    const fullest = largest(known, kept, (one) => one.filled[field] ?? 0);
    if ((filled[field] ?? 0) >= fullest.size * kept) continue;
    throw disbelief(
      'source-hollow',
      `${filled[field]} people of the source "${spec.id}" have a value of ${field}, and ${fullest.size} at the reading that was accepted on ${fullest.day}: more than ${spec.maxShrink} fewer`,
      { next: 'Look at that column of the export, and at "fields". If it is right, raise "maxShrink" for one run.' },
    );
  }
  return [];
}

/**
 * The largest of some readings, so that many small losses are not each believed. What is older than a reading that was accepted although it had
 * lost more than that says nothing any more: somebody has looked at that loss.
 * @param known newest first; one at least
 * @param kept share of a size that has to be left
 */
function largest(
  known: readonly (Accepted & { at: string })[],
  kept: number,
  sizeOf: (reading: Accepted) => number,
): { size: number; day: string } {
  const found = { size: 0, day: known[0]!.at.slice(0, 10) };
  let smallest = Number.POSITIVE_INFINITY;
  for (const reading of known) {
    const size = sizeOf(reading);
    if (smallest < size * kept) break;
    smallest = Math.min(smallest, size);
    if (size > found.size) {
      found.size = size;
      found.day = reading.at.slice(0, 10);
    }
  }
  return found;
}

/** The export's clock may be ahead of ours by so much. */
const skewMs = 5 * 60_000;

/**
 * @param asOf day of a column
 * @param modifiedMs time of the file
 * @returns the day of the export
 * @throws OaopsError `source-too-old`, `source-in-the-future` (exit 4)
 */
export function checkAge(
  spec: SourceSpec & { maxAge?: number | undefined },
  { asOf, modifiedMs, nowMs, timeZone }: { asOf?: string; modifiedMs: number; nowMs: number; timeZone: string },
): Pick<SourceRead, 'asOf' | 'asOfBy'> {
  const today = dateIn(timeZone, nowMs);
  const day = asOf ?? dateIn(timeZone, modifiedMs);
  if (asOf === undefined ? modifiedMs > nowMs + skewMs : asOf > today) {
    throw disbelief('source-in-the-future', `the source "${spec.id}" is of ${day}, and today is ${today}`, {
      next: 'Look at the clock of the machine that exports, and at this one.',
    });
  }
  // A day without a time: it may have been its last minute.
  const madeMs = asOf === undefined ? modifiedMs : localClock(timeZone).msAt(addDays(asOf, 1), '00:00');
  if (spec.maxAge !== undefined && nowMs - madeMs > spec.maxAge) {
    throw disbelief('source-too-old', `the source "${spec.id}" is of ${day}: older than "maxAge" allows`, {
      next: 'Bring a newer export: whoever left since then would keep the accounts, and whoever came would be unknown.',
    });
  }
  return { asOf: day, asOfBy: asOf === undefined ? 'file' : 'column' };
}
