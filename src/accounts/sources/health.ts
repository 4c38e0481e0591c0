import { addDays } from '../../calendar/dates.ts';
import { dateIn, localClock } from '../../core/zoned-time.ts';
import type { FactStore } from '../../record/types.ts';
import type { SourceSpec } from '../schema/sources.ts';
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
 * Compares a reading with the last one that was accepted.
 * @returns what people should know
 * @throws OaopsError `source-shrank`, `source-hollow`, `source-went-back` (exit 4)
 */
export async function compareWithLast(facts: FactStore, spec: SourceSpec, read: SourceRead): Promise<string[]> {
  const [last] = await facts.list(topic, { key: keyOf(read), newestFirst: true, limit: 1 });
  if (!last && !spec.complete) return [];
  if (!last) return [`no earlier reading of the source "${spec.id}" was accepted: its size is compared with nothing`];
  const before = last.body as Accepted;
  const day = last.at.slice(0, 10);
  if (read.asOf && before.asOf && read.asOfBy === before.asOfBy && read.asOf < before.asOf) {
    throw disbelief(
      'source-went-back',
      `the source "${spec.id}" is of ${read.asOf}, older than the reading of ${before.asOf} that was accepted on ${day}`,
      { next: 'Bring the newest export: whoever was employed since then would be unknown.' },
    );
  }
  const employed = employedOf(read);
  // A list of some people, such as the leavers of a month, has no size to keep.
  const kept = spec.complete ? 1 - Number.parseInt(spec.maxShrink, 10) / 100 : 0;
  if (employed < before.employed * kept) {
    throw disbelief(
      'source-shrank',
      `the source "${spec.id}" has ${employed} employed people, and ${before.employed} at the reading that was accepted on ${day}: more than ${spec.maxShrink} fewer`,
      {
        next: 'Look whether the export is whole. If so many have left, raise "maxShrink" for one run.',
        details: { employed, before: before.employed },
      },
    );
  }
  const filled = filledOf(read);
  for (const field of telling) {
    if ((filled[field] ?? 0) >= (before.filled[field] ?? 0) * kept) continue;
    throw disbelief(
      'source-hollow',
      `${filled[field]} people of the source "${spec.id}" have a value of ${field}, and ${before.filled[field]} at the reading that was accepted on ${day}: more than ${spec.maxShrink} fewer`,
      { next: 'Look at that column of the export, and at "fields". If it is right, raise "maxShrink" for one run.' },
    );
  }
  return [];
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
