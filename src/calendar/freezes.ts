import { z } from 'zod';

const instant = z.iso.datetime({ offset: true, error: 'not a time with a zone; write 2026-11-30T22:00:00+08:00' });

const times = { from: instant, to: instant.describe('From then on changes are possible again.') };
const reason = z.string().min(1).describe('Told to whoever is held up.');
// What is no time is told by its own check.
const inOrder = ({ from, to }: { from: string; to: string }) => !(Date.parse(from) >= Date.parse(to));
const notInOrder = { error: 'it ends before it begins; write the earlier time as "from"', path: ['to'] };

/** A time in which nothing is changed. */
export const freezeSchema = z.strictObject({ ...times, reason }).refine(inOrder, notInOrder);

/** One of the calendar: it holds for every window, so it has a name that people can ask for. */
export const namedFreezeSchema = z
  .strictObject({ name: z.string().min(1).describe('Such as year-end-closing.'), ...times, reason })
  .refine(inOrder, notInOrder);

export interface Freeze {
  name?: string;
  /** ISO with a zone; the end is no part of it. */
  from: string;
  to: string;
  reason: string;
}

/** The freeze in force at this time; of several the one that lasts longest. */
export function freezeAt(freezes: readonly Freeze[], nowMs: number): Freeze | undefined {
  return freezes
    .filter(({ from, to }) => Date.parse(from) <= nowMs && nowMs < Date.parse(to))
    .sort((one, other) => Date.parse(other.to) - Date.parse(one.to))[0];
}
