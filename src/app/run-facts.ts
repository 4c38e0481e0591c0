import type { App } from '../app.ts';
import { isoTime } from '../core/clock.ts';
import type { RunStatus, UnitStatus } from '../core/events.ts';

/** Topic of the facts about backups that runs made, by runbook. */
export const backupTopic = 'backup';

/** A run under watch, and what its steps have given. */
export interface Watched {
  run: string;
  runbook: string;
  version: string;
  kind: string;
  startedMs: number;
  results: { step: string; uses: string; status: UnitStatus; result: Record<string, unknown> }[];
  /** Names of legs in the configuration, by place. */
  legNames: ReadonlyMap<string, string>;
}

export interface LegOutcome {
  location: string;
  /** As the configuration names it, else the place. */
  name: string;
  status: 'ok' | 'failed';
  storedBytes: number | null;
  error: string | null;
}

/** What the record remembers of a backup made by a run; reports and metrics read it. */
export interface BackupFact {
  run: string;
  status: RunStatus;
  exitCode: number;
  durationMs: number;
  snapshot: string | null;
  files: number;
  bytes: number;
  addedBytes: number;
  storedBytes: number;
  problems: Record<string, number>;
  legs: LegOutcome[];
}

const problemCounts = ['unreadable', 'vanished', 'changed', 'missingSources', 'failedDumps'] as const;

/** Stores the fact of a backup, when the run made or tried one; gives how its legs fared. */
export async function storeRunFacts(
  app: App,
  watched: Watched,
  end: { status: RunStatus; exitCode: number; endedMs: number; durationMs: number },
): Promise<LegOutcome[]> {
  const made = watched.results.filter(({ uses }) => uses === 'backup.create');
  if (made.length === 0) return [];
  const sum = (name: string) => made.reduce((total, { result }) => total + (Number(result[name]) || 0), 0);
  const legs = made.flatMap(({ result }) => legsOf(result['legs'], watched.legNames));
  const fact: BackupFact = {
    run: watched.run,
    status: end.status,
    exitCode: end.exitCode,
    durationMs: end.durationMs,
    snapshot: (made.map(({ result }) => result['snapshot']).findLast((id) => typeof id === 'string') as string) ?? null,
    files: sum('files'),
    bytes: sum('bytes'),
    addedBytes: sum('addedBytes'),
    storedBytes: sum('storedBytes'),
    problems: Object.fromEntries(problemCounts.map((name) => [name, sum(name)])),
    legs,
  };
  const { facts } = await app.record();
  await facts.add(backupTopic, watched.runbook, isoTime(end.endedMs), app.redactor.redactValue(fact));
  return legs;
}

function legsOf(legs: unknown, names: ReadonlyMap<string, string>): LegOutcome[] {
  if (!Array.isArray(legs)) return [];
  return (legs as { location: string; status: 'ok' | 'failed'; error?: string | null; storedBytes?: number }[]).map(
    ({ location, status, error, storedBytes }) => ({
      location,
      name: names.get(location) ?? location,
      status,
      storedBytes: storedBytes ?? null,
      error: error ?? null,
    }),
  );
}
