import type { FactStore } from '../../record/types.ts';

/** Facts of this topic are results of drills, by runbook: history, doctor and reports read them. */
export const drillTopic = 'drill';

/** How a runbook of drills stands. */
export interface DrillState {
  /** `never`: no drill that counts; `failing`: the last one was no pass; `stale`: it passed, too long ago; `ok`. */
  state: 'never' | 'failing' | 'stale' | 'ok';
  /** The last drill that was not sabotaged. */
  last: { at: string; run: string; runbook: string; location: string; verdict: string; reasons: string[] } | undefined;
  lastPass: string | undefined;
  ageMs: number | undefined;
  /** The cadence that it was judged by. */
  cadenceMs: number;
  /** When a sabotaged drill last turned red: only then it is known that the drill can fail. */
  lastSabotage: string | undefined;
}

/** Quarterly, as the handbook has it (BK-06), and a week for a drill that was late. */
const defaultCadenceMs = (92 + 7) * 86_400_000;

interface DrillFact {
  run: string;
  verdict: string;
  reasons: string[];
  sabotage: string;
  location: string;
}

/** For doctor: never run, stale (older than the cadence), failing. `runbook` and `location` take only drills of these. */
export async function drillState(
  facts: FactStore,
  nowMs: number,
  choice: { runbook?: string; location?: string; cadenceMs?: number } = {},
): Promise<DrillState> {
  const { runbook, location, cadenceMs = defaultCadenceMs } = choice;
  const rows = await facts.list(drillTopic, { ...(runbook === undefined ? {} : { key: runbook }), newestFirst: true });
  const drills = rows
    .map(({ key, at, body }) => ({ at, runbook: key, ...(body as DrillFact) }))
    .filter((one) => location === undefined || one.location === location);
  const counting = drills.filter(({ sabotage }) => sabotage === 'none');
  const lastPass = counting.find(({ verdict }) => verdict === 'pass')?.at;
  const lastSabotage = drills.find(({ sabotage, verdict }) => sabotage !== 'none' && verdict === 'fail')?.at;
  const [newest] = counting;
  if (!newest) return { state: 'never', last: undefined, lastPass, ageMs: undefined, cadenceMs, lastSabotage };
  const ageMs = Math.max(0, nowMs - Date.parse(newest.at));
  const { at, run, runbook: of, location: from, verdict, reasons } = newest;
  const last = { at, run, runbook: of, location: from, verdict, reasons };
  const state = verdict !== 'pass' ? 'failing' : ageMs > cadenceMs ? 'stale' : 'ok';
  return { state, last, lastPass, ageMs, cadenceMs, lastSabotage };
}
