import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import { count } from '../../core/units.ts';
import type { ObjectStore } from '../ports.ts';
import { type LegView, viewLeg } from './leg-view.ts';
import { type LegSync, syncLegs } from './sync-legs.ts';

/** A leg that missed many snapshots gets the rest from later backups, or from `backup sync`, which has no limit. */
export const catchUpLimitMs = 60 * 60_000;

export interface CatchUpOptions {
  spoolDir: string;
  clock: Clock;
  signal: AbortSignal;
  stopping: AbortSignal;
  limitMs?: number;
  warn: (message: string) => void;
}

/**
 * After a backup: gives each leg that works the earlier snapshots that it missed. The leases of the backup still hold. Whatever
 * fails here is a warning: the backup itself is good. Gives the legs that got something or still lack something.
 */
export async function catchUp(stores: readonly ObjectStore[], options: CatchUpOptions): Promise<LegSync[]> {
  if (stores.length < 2) return [];
  try {
    const views: LegView[] = [];
    for (const store of stores) views.push(await viewLeg(store, { source: true, target: true }));
    const { clock, spoolDir, signal, stopping, warn } = options;
    const synced = await syncLegs(views, {
      clock,
      spoolDir,
      signal,
      stopping,
      limitMs: options.limitMs ?? catchUpLimitMs,
      onProgress: () => undefined,
      onWarning: warn,
    });
    for (const { location, missing, status } of synced)
      if (missing.length > 0 && status !== 'failed')
        warn(`${location} still lacks ${count(missing.length, 'earlier snapshot')}: "oaops backup sync" copies them`);
    return synced.filter(({ copied, missing, status }) => copied.length > 0 || missing.length > 0 || status !== 'ok');
  } catch (error) {
    signalOr(options.signal, error);
    options.warn(`the legs could not be compared: ${messageOf(error)}`);
    return [];
  }
}

function signalOr(signal: AbortSignal, error: unknown): void {
  if (signal.aborted) throw error;
}
