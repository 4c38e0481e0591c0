/**
 * How a backup of the past ended. `interrupted`: its process died, and nobody went on with it; `open`: it runs or waits, and
 * counts neither way yet.
 */
export type PastOutcome = 'ok' | 'incomplete' | 'failed' | 'interrupted' | 'open';

/** One backup of the past, by a runbook or by hand. */
export interface PastBackup {
  /** When it ended, or began where it has not ended; ISO UTC. */
  at: string;
  /** Null for backups by hand. */
  runbook: string | null;
  run: string | null;
  outcome: PastOutcome;
  snapshot: string | null;
  files: number | null;
  bytes: number | null;
  addedBytes: number | null;
  storedBytes: number | null;
  durationMs: number | null;
  legs: { name: string; status: 'ok' | 'failed' }[];
  message: string | null;
}

/** Figures of a set of backups (BK-08: the success rate goes into the monthly and half-yearly reports). */
export interface BackupFigures {
  /** Those that have ended; open ones are left out. */
  backups: number;
  ok: number;
  incomplete: number;
  failed: number;
  interrupted: number;
  /** Share of complete ones, 0 to 1; null without any. An incomplete backup is no success. */
  successRate: number | null;
  /** End of the last complete one, ISO UTC. */
  lastOk: string | null;
  /** Longest time from one complete backup to the next, in ms; null with fewer than two. */
  longestGapMs: number | null;
  addedBytes: number;
  legs: { name: string; ok: number; failed: number }[];
}

export function figuresOf(backups: readonly PastBackup[]): BackupFigures {
  const ended = backups.filter(({ outcome }) => outcome !== 'open');
  const number = (outcome: PastOutcome) => ended.filter((backup) => backup.outcome === outcome).length;
  const good = ended.filter(({ outcome }) => outcome === 'ok').map(({ at }) => at);
  const goodInTime = good.toSorted();
  const gaps = goodInTime.slice(1).map((at, index) => Date.parse(at) - Date.parse(goodInTime[index]!));
  return {
    backups: ended.length,
    ok: good.length,
    incomplete: number('incomplete'),
    failed: number('failed'),
    interrupted: number('interrupted'),
    successRate: ended.length === 0 ? null : good.length / ended.length,
    lastOk: goodInTime.at(-1) ?? null,
    longestGapMs: gaps.length === 0 ? null : Math.max(...gaps),
    addedBytes: ended.reduce((sum, { addedBytes }) => sum + (addedBytes ?? 0), 0),
    legs: legFigures(ended),
  };
}

function legFigures(backups: readonly PastBackup[]): BackupFigures['legs'] {
  const byName = Map.groupBy(
    backups.flatMap(({ legs }) => legs),
    ({ name }) => name,
  );
  const figures = [...byName].map(([name, legs]) => {
    const ok = legs.filter(({ status }) => status === 'ok').length;
    return { name, ok, failed: legs.length - ok };
  });
  return figures.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export type Period = 'day' | 'month';

export interface GroupFigures {
  /** `2026-11` or `2026-11-29` on the clocks of the time zone. */
  period: string;
  runbook: string | null;
  figures: BackupFigures;
}

/** Figures for each runbook in each day or month, newest first; backups by hand are a group of their own. */
export function figuresByPeriod(backups: readonly PastBackup[], period: Period, timeZone: string): GroupFigures[] {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    ...(period === 'day' ? { day: '2-digit' } : {}),
  });
  const nameOf = (at: string) => {
    const parts = format.formatToParts(new Date(at));
    const of = (type: string) => parts.find((part) => part.type === type)!.value;
    return period === 'day' ? `${of('year')}-${of('month')}-${of('day')}` : `${of('year')}-${of('month')}`;
  };
  const groups = Map.groupBy(backups, ({ at, runbook }) => JSON.stringify([nameOf(at), runbook]));
  return [...groups]
    .map(([key, members]) => {
      const [name, runbook] = JSON.parse(key) as [string, string | null];
      return { period: name, runbook, figures: figuresOf(members) };
    })
    .sort((a, b) => (a.period === b.period ? compare(a.runbook, b.runbook) : a.period < b.period ? 1 : -1));
}

/** Backups by hand last. */
function compare(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

/**
 * `98.4 %`. Rounded down, so that only what never failed shows as 100 %.
 * Null, without any backup, is `-`.
 */
export function rateText(rate: number | null): string {
  return rate === null ? '-' : `${(Math.floor(rate * 1000 + 1e-9) / 10).toFixed(1)} %`;
}
