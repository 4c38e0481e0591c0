import { hostname } from 'node:os';
import type { App } from '../../app.ts';
import { isoTime } from '../../core/clock.ts';
import { currentProcessIdentity, type ProcessIdentity, processState } from '../../core/process-identity.ts';
import type { FactStore } from '../../record/types.ts';

/** A time of a schedule that was acted on: a fact of the topic `schedule:RUNBOOK` with the time as its key, once for each. */
export interface SlotFact {
  /** `since`: the runbook is looked after from here on; nothing before it is caught up. */
  outcome: 'since' | 'started' | 'skipped';
  host: string;
  /** Of `started`: the id that its run has, or will have. Whoever begins it does so under this id, and a run can begin once only. */
  run?: string;
  taker?: ProcessIdentity;
  /** A day before it of which nobody had said whether it is worked: from there on it is looked again. */
  unknownFrom?: string;
}

/** What came of a time that was taken, in the topic `schedule-settled:RUNBOOK`. */
export type SettledFact =
  | { run: string }
  | { error: { code: string; message: string } }
  /** Its taker died before the run began, and by its rule of catching up it is not run any more. */
  | { skipped: true };

export interface TakenSlot extends SlotFact {
  slot: string;
  at: string;
  settled?: SettledFact;
}

/** Of one runbook, newest times first. */
export interface SlotHistory {
  taken: readonly TakenSlot[];
  /** The newest of them: what comes after it is still to be looked at. */
  last: TakenSlot;
  /** From then on it is looked after, also when that is no more among `taken`. */
  since: string;
}

const newest = 200;
/** A taker on another machine cannot be looked at: after so long without a run it counts as dead. */
const elsewhereMs = 15 * 60_000;

/**
 * Undefined when nobody has looked after the runbook yet. Times that come after `nowMs` were taken while a clock was wrong: they count when they come, and
 * until then they hide nothing that comes before them.
 */
export async function slotHistory(facts: FactStore, runbook: string, nowMs: number): Promise<SlotHistory | undefined> {
  const topic = `schedule:${runbook}`;
  const rows = await facts.list(topic, { limit: newest, newestFirst: true });
  const settled = new Map(
    (await facts.list(settledTopic(runbook), { limit: 2 * newest, newestFirst: true })).map(({ key, body }) => [
      key,
      body as SettledFact,
    ]),
  );
  const now = isoTime(nowMs);
  const taken = rows
    .filter(({ key }) => key <= now)
    .map(({ key, at, body }): TakenSlot => {
      const end = settled.get(key);
      return { ...(body as SlotFact), slot: key, at, ...(end ? { settled: end } : {}) };
    })
    .sort((a, b) => (a.slot < b.slot ? 1 : -1));
  if (!taken[0]) return undefined;
  const known = taken.find(({ outcome }) => outcome === 'since');
  const [first] = known ? [] : await facts.list(topic, { limit: 1 });
  // The first of all can be of a clock that was wrong.
  const since = known?.slot ?? (first && first.key <= now ? first.key : taken.at(-1)!.slot);
  return { taken, last: taken[0], since };
}

/** Takes a time; false when somebody has it already. */
export async function takeSlot(
  app: App,
  runbook: string,
  slotMs: number,
  fact: Omit<SlotFact, 'host' | 'taker'>,
): Promise<boolean> {
  const { facts } = await app.record();
  const taker = fact.outcome === 'started' ? { taker: currentProcessIdentity() } : {};
  const body: SlotFact = { ...fact, host: hostname(), ...taker };
  return facts.addOnce(`schedule:${runbook}`, isoTime(slotMs), isoTime(app.clock.nowMs()), body);
}

export async function settleSlot(app: App, runbook: string, slot: string, fact: SettledFact): Promise<void> {
  const { facts } = await app.record();
  await facts.addOnce(settledTopic(runbook), slot, isoTime(app.clock.nowMs()), fact);
}

/** Taken and not settled, and the process that took it is dead, as far as can be known. Whether its run began is not asked here. */
export function isAbandoned({ outcome, run, settled, taker, at }: TakenSlot, nowMs: number): boolean {
  if (outcome !== 'started' || run === undefined || settled || !taker) return false;
  const state = processState(taker, currentProcessIdentity());
  return state === 'gone' || (state === 'elsewhere' && nowMs - Date.parse(at) > elsewhereMs);
}

function settledTopic(runbook: string): string {
  return `schedule-settled:${runbook}`;
}
