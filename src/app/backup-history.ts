import type { App } from '../app.ts';
import type { SnapshotMade } from '../backup/anchors.ts';
import {
  figuresByPeriod,
  figuresOf,
  type PastBackup,
  type PastOutcome,
  type Period,
} from '../backup/history/figures.ts';
import type { HistoryReport } from '../backup/history/report.ts';
import { isoTime } from '../core/clock.ts';
import { usageError } from '../core/errors.ts';
import type { RunStatus } from '../core/events.ts';
import { tryParseDuration } from '../core/units.ts';
import { localTimeZone, parseWrittenTime } from '../core/zoned-time.ts';
import { selectRows } from '../record/audit/select.ts';
import type { RecordStore, RunRow } from '../record/types.ts';
import { type BackupFact, backupTopic } from './run-facts.ts';

/** What is asked of the history: `since` is a duration or a time as a person writes it, in `timeZone` (default: this machine's). */
export interface HistoryWords {
  since: string;
  runbook: string | undefined;
  by: Period | undefined;
  timeZone: string | undefined;
}

/** Backups with their figures, for people and reports (BK-08). @throws OaopsError `since-invalid` (exit 2) */
export async function historyReport(app: App, words: HistoryWords): Promise<HistoryReport> {
  const timeZone = words.timeZone ?? localTimeZone();
  const agoMs = tryParseDuration(words.since);
  const fromMs = agoMs === undefined ? parseWrittenTime(words.since, timeZone)?.fromMs : app.clock.nowMs() - agoMs;
  if (fromMs === undefined || Number.isNaN(new Date(fromMs).getTime()))
    throw usageError('since-invalid', `"${words.since}" is not a time`, {
      next: 'Write how long ago, such as 30d, or a date such as 2026-01-31.',
    });
  const since = isoTime(fromMs);
  const { backups, unfinished } = await backupHistory(app, since, words.runbook);
  const groups = Map.groupBy(backups, ({ runbook }) => runbook);
  const runbooks = [...groups].map(([runbook, members]) => ({ runbook, figures: figuresOf(members) }));
  return {
    since,
    timeZone,
    ...(words.by && { by: words.by }),
    figures: figuresOf(backups),
    runbooks: runbooks.sort((a, b) => ((a.runbook ?? '\uffff') < (b.runbook ?? '\uffff') ? -1 : 1)),
    ...(words.by && { periods: figuresByPeriod(backups, words.by, timeZone) }),
    unfinished,
    backups,
  };
}

/** Backups of the past; `unfinished` counts those by hand that began and never told how they ended. */
export interface BackupHistory {
  /** Newest first. */
  backups: PastBackup[];
  unfinished: number;
}

/**
 * Every backup that the record knows of since `since` (ISO UTC): runs of kind Backup, whatever became of them, other runs that
 * made or tried a backup, and backups by hand. A run that went on after an interruption counts once, as it ended.
 */
export async function backupHistory(app: App, since: string, runbook?: string): Promise<BackupHistory> {
  const record = await app.record();
  const byRun = await factsByRun(record, since, runbook);
  const runs = await record.runs.list({ since, kind: 'Backup', ...(runbook === undefined ? {} : { runbook }) });
  const alive = await livingRuns(record);
  for (const run of runs) {
    const outcome = outcomeOf(run.status, alive.has(run.id));
    const told = byRun.get(run.id);
    // The run has the last word: facts are written when a process ends, and another may have gone on since.
    byRun.set(run.id, told ? { ...told, outcome, message: run.message } : untold(run, outcome));
  }
  const byHand = runbook === undefined ? await backupsByHand(app, since) : { backups: [], unfinished: 0 };
  const backups = [...byRun.values(), ...byHand.backups].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  return { backups, unfinished: byHand.unfinished };
}

function outcomeOf(status: RunStatus, alive: boolean): PastOutcome {
  if (status === 'ok' || status === 'incomplete') return status;
  if (status === 'waiting') return 'open';
  if (status === 'running') return alive ? 'open' : 'interrupted';
  return 'failed';
}

async function factsByRun(record: RecordStore, since: string, runbook?: string): Promise<Map<string, PastBackup>> {
  const rows = await record.facts.list(backupTopic, { since, ...(runbook === undefined ? {} : { key: runbook }) });
  return new Map(
    rows.map(({ key, at, body }) => {
      const fact = body as BackupFact;
      const { run, snapshot, files, bytes, addedBytes, storedBytes, durationMs } = fact;
      const outcome = outcomeOf(fact.status, false);
      const legs = fact.legs.map(({ name, status }) => ({ name, status }));
      const figures = { files, bytes, addedBytes, storedBytes, durationMs };
      return [run, { at, runbook: key, run, outcome, snapshot, ...figures, legs, message: null }];
    }),
  );
}

/** A run that came to no backup: it failed before, died, waits or is under way. */
function untold(run: RunRow, outcome: PastOutcome): PastBackup {
  return {
    ...nothing,
    at: run.endedAt ?? run.createdAt,
    runbook: run.runbook,
    run: run.id,
    outcome,
    message: run.message,
  };
}

const nothing = {
  snapshot: null,
  files: null,
  bytes: null,
  addedBytes: null,
  storedBytes: null,
  durationMs: null,
  legs: [],
};

async function livingRuns(record: RecordStore): Promise<Set<string>> {
  const rows = await record.locks.list();
  return new Set(
    rows
      .filter((row) => row.name.startsWith('run:') && record.locks.stateOf(row) !== 'gone')
      .map(({ name }) => name.slice('run:'.length)),
  );
}

/** Those that ended are facts, those that failed are rows of the audit log, as `AdHoc` writes them. */
async function backupsByHand(app: App, since: string): Promise<BackupHistory> {
  const record = await app.record();
  const rows = (what: 'started' | 'failed') => selectRows(record.database, { since, action: `backup.create.${what}` });
  const [made, started, failed] = [
    await record.facts.list('backup.create', { since }),
    await rows('started'),
    await rows('failed'),
  ];
  const done = made.map(({ at, body }): PastBackup => {
    const { snapshot, status, legs } = body as SnapshotMade;
    const outcome = status === 'complete' && legs.every((leg) => leg.status === 'ok') ? 'ok' : 'incomplete';
    const places = legs.map(({ location, status: ended }) => ({ name: location, status: ended }));
    return { ...nothing, at, runbook: null, run: null, outcome, snapshot, legs: places, message: null };
  });
  const lost = failed.map(({ at, details }): PastBackup => {
    const { message } = details as { message?: string };
    return { ...nothing, at, runbook: null, run: null, outcome: 'failed', message: message ?? null };
  });
  return { backups: [...done, ...lost], unfinished: Math.max(0, started.length - made.length - failed.length) };
}
