/** Facts of this topic are results of drills, by runbook: history, doctor and reports read them. */
export const drillTopic = 'drill';

/** What is asked of a drill of the past. */
export interface JudgedDrill {
  at: string;
  verdict: string;
  sabotage: string;
  kind?: string;
}

/** How the drills of one runbook stand. */
export interface DrillState<T extends JudgedDrill> {
  /** `never`: no drill that counts; `failing`: the last one was no pass; `stale`: it passed, longer ago than the cadence; `ok`. */
  state: 'never' | 'failing' | 'stale' | 'ok';
  /** The last drill that was not sabotaged. */
  last: T | undefined;
  lastPass: string | undefined;
  ageMs: number | undefined;
  cadenceMs: number;
  /** When a sabotaged drill last turned red: only then it is known that the drill can fail. */
  lastSabotage: string | undefined;
}

const dayMs = 86_400_000;

/** Restores quarterly (BK-06), switch-overs monthly (BK-07), and a week for a drill that was late. */
function cadenceOf(kind: string | undefined): number {
  return (kind === 'switchover' ? 31 + 7 : 92 + 7) * dayMs;
}

/** `drills` of one runbook, in any order. */
export function drillState<T extends JudgedDrill>(
  drills: readonly T[],
  nowMs: number,
  cadenceMs?: number,
): DrillState<T> {
  const newestFirst = drills.toSorted((a, b) => (a.at < b.at ? 1 : -1));
  const counting = newestFirst.filter(({ sabotage }) => sabotage === 'none');
  const [last] = counting;
  const longestMs = cadenceMs ?? cadenceOf(last?.kind);
  const known = {
    last,
    lastPass: counting.find(({ verdict }) => verdict === 'pass')?.at,
    ageMs: last && Math.max(0, nowMs - Date.parse(last.at)),
    cadenceMs: longestMs,
    lastSabotage: newestFirst.find(({ sabotage, verdict }) => sabotage !== 'none' && verdict === 'fail')?.at,
  };
  if (!last) return { state: 'never', ...known };
  if (last.verdict !== 'pass') return { state: 'failing', ...known };
  return { state: known.ageMs! > longestMs ? 'stale' : 'ok', ...known };
}
