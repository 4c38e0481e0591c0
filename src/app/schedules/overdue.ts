import { hostname } from 'node:os';
import type { App } from '../../app.ts';
import { isoTime } from '../../core/clock.ts';
import { messageOf, OaopsError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { loadEnabled, type Scheduled } from './load.ts';
import { type SlotState, watchedStates } from './slot-states.ts';

export interface OverdueSlot {
  runbook: string;
  slot: string;
  deadline: string;
  why: string;
}

/** A notice that could not be sent is tried again so many times, so long apart; then the words of tick are all there is. */
const mostTries = 5;
const againMs = 5 * 60_000;

/**
 * Looks for times past their deadline, and tells the channels of each once. Returns those that this look was the first to find, and what could not be
 * sent. A time whose runbook cannot be loaded is told by whoever starts it.
 */
export async function tellOverdue(app: App): Promise<{ found: OverdueSlot[]; unsent: string[] }> {
  const { facts } = await app.record();
  const found: OverdueSlot[] = [];
  const unsent: string[] = [];
  for (const scheduled of (await loadEnabled(app)).schedules) {
    if (scheduled.spec.deadline === undefined) continue;
    const { runbook, notify } = scheduled;
    const toTell: SlotState[] = [];
    for (const state of (await watchedStates(app, scheduled)).states.filter(({ overdue }) => overdue)) {
      const slot: OverdueSlot = { runbook, slot: state.slot, deadline: state.deadline!, why: state.why ?? '' };
      if (await facts.addOnce(`schedule-overdue:${runbook}`, state.slot, isoTime(app.clock.nowMs()), slot))
        found.push(slot);
      if (notify.length > 0 && (await isMyTry(app, runbook, state.slot))) toTell.push(state);
    }
    if (toTell.length === 0) continue;
    // Together: after a long outage a channel would take a notice for each as a flood.
    const failure = await send(app, scheduled, toTell);
    if (failure === undefined)
      for (const { slot } of toTell)
        await facts.addOnce(`schedule-notified:${runbook}`, slot, isoTime(app.clock.nowMs()), { notify });
    else unsent.push(`no notice about ${runbook} could be sent: ${failure}`);
  }
  return { found, unsent };
}

/** Each try is a fact, so that of several looks at once one sends. */
async function isMyTry(app: App, runbook: string, slot: string): Promise<boolean> {
  const { facts } = await app.record();
  if ((await facts.list(`schedule-notified:${runbook}`, { key: slot, limit: 1 })).length > 0) return false;
  const nowMs = app.clock.nowMs();
  for (let number = 1; number <= mostTries; number++) {
    const [tried] = await facts.list(`schedule-notice:${runbook}`, { key: `${slot} ${number}`, limit: 1 });
    if (!tried)
      return facts.addOnce(`schedule-notice:${runbook}`, `${slot} ${number}`, isoTime(nowMs), { host: hostname() });
    if (nowMs - Date.parse(tried.at) < againMs) return false;
  }
  return false;
}

/** One notice for all times of one runbook, oldest first; the newest stands for them. */
async function send(
  app: App,
  { runbook, notify }: Scheduled,
  states: readonly SlotState[],
): Promise<string | undefined> {
  const state = states.at(-1)!;
  const earlier = states.slice(0, -1).map(({ slot }) => slot);
  try {
    const notifier = await app.notifier();
    const deliveries = await notifier.send(
      notify,
      {
        subject: `oaops: ${runbook} is overdue`,
        text: [
          `${runbook} was due at ${state.slot} and has not ended well by ${state.deadline}.`,
          `Why: ${state.why ?? 'unknown'}`,
          ...(earlier.length === 0
            ? []
            : [`Earlier times that are overdue too: ${earlier.length}, since ${earlier[0]}.`]),
          `Looked at on ${hostname()}; see "oaops schedule explain ${runbook}".`,
        ].join('\n'),
        details: { runbook, slot: state.slot, deadline: state.deadline, state: state.state, run: state.run, earlier },
        id: `overdue.${sha256Hex(`${runbook} ${state.slot}`).slice(0, 32)}`,
      },
      new AbortController().signal,
    );
    const failed = deliveries.filter(({ status }) => status === 'failed');
    if (failed.length === 0) return undefined;
    return failed.map(({ channel, message }) => `${channel}: ${message ?? ''}`).join('; ');
  } catch (error) {
    if (!(error instanceof OaopsError)) throw error;
    return messageOf(error);
  }
}
