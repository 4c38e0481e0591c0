import { isoTime } from '../core/clock.ts';
import { OaopsError } from '../core/errors.ts';
import type { RunRow } from '../record/types.ts';
import type { EngineDeps } from './deps.ts';
import { JournalView } from './journal/journal-state.ts';
import type { Plan } from './plan/plan-types.ts';
import type { RunEnd } from './run/outcome.ts';
import { isLockHeld } from './service-refusals.ts';
import { isCutOff } from './watching.ts';

export interface TickResult {
  ran: RunEnd[];
  /** Due, but under way in another process. */
  held: string[];
  /** Say that they run, but no process does. */
  interrupted: string[];
  /** Could not be gone on with; the other runs were. */
  failed: { run: string; error: OaopsError }[];
}

const maxTickRuns = 4;

/** Goes on with every run whose time has come, by `goOn`. `stop`: begin with no other. */
export async function tick(
  { record, clock }: Pick<EngineDeps, 'record' | 'clock'>,
  goOn: (run: string) => Promise<RunEnd>,
  stop?: AbortSignal,
): Promise<TickResult> {
  const result: TickResult = { ran: [], held: [], interrupted: [], failed: [] };
  const due = [...(await record.runs.dueRuns(isoTime(clock.nowMs()))), ...(await cutOff(record))];
  const worker = async () => {
    for (let row = due.shift(); row !== undefined && !stop?.aborted; row = due.shift()) {
      try {
        result.ran.push(await goOn(row.id));
      } catch (error) {
        if (isLockHeld(error)) result.held.push(row.id);
        else if (error instanceof OaopsError) result.failed.push({ run: row.id, error });
        else throw error;
      }
    }
  };
  // All are waited for, even when one throws: the record must not be closed under the others.
  const settled = await Promise.allSettled(Array.from({ length: maxTickRuns }, worker));
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  result.interrupted = await interrupted(record);
  return result;
}

/** Rollouts that need nobody's word to go on: see `isCutOff`. */
async function cutOff({ runs, locks }: EngineDeps['record']): Promise<RunRow[]> {
  const found: RunRow[] = [];
  for (const row of await runs.list({ kind: 'Rollout', status: ['running', 'stopped'] })) {
    if (row.status === 'running' && !(await isFree(locks, row.id))) continue;
    const view = new JournalView(await runs.journal(row.id), await runs.inputs(row.id));
    if (isCutOff(row, (await runs.plan(row.id)) as Plan, view)) found.push(row);
  }
  return found;
}

/** Runs that say they run while nobody holds their lock: their process was killed. */
async function interrupted({ runs, locks }: EngineDeps['record']): Promise<string[]> {
  const found: string[] = [];
  for (const row of await runs.list({ status: ['running'] })) {
    if ((await isFree(locks, row.id)) && (await runs.get(row.id))?.status === 'running') found.push(row.id);
  }
  return found;
}

async function isFree(locks: EngineDeps['record']['locks'], run: string): Promise<boolean> {
  try {
    const lock = await locks.acquire(`run:${run}`, 'looking for interrupted runs');
    await lock.release();
    return true;
  } catch (error) {
    if (isLockHeld(error)) return false;
    throw error;
  }
}
