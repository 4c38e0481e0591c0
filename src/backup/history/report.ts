import { formatDuration, formatSize } from '../../core/units.ts';
import { type BackupFigures, type GroupFigures, type PastBackup, type Period, rateText } from './figures.ts';

/** What `backup history --json` says; `periods` only where `--by` was given. */
export interface HistoryReport {
  /** ISO UTC. */
  since: string;
  timeZone: string;
  by?: Period;
  figures: BackupFigures;
  runbooks: { runbook: string | null; figures: BackupFigures }[];
  periods?: GroupFigures[];
  /** By hand, begun, and nothing is known of how they ended. */
  unfinished: number;
  /** Newest first. */
  backups: PastBackup[];
}

interface TextTable {
  columns: { title: string; align?: 'right'; flexible?: true; whole?: true }[];
  rows: string[][];
}

const byHand = 'by hand';

export function historyTable(backups: readonly PastBackup[], limit: number): TextTable {
  return {
    columns: [
      { title: 'TIME (UTC)', whole: true },
      { title: 'RUNBOOK', flexible: true },
      { title: 'OUTCOME' },
      { title: 'LEGS', align: 'right' },
      { title: 'ADDED', align: 'right' },
      { title: 'DURATION', align: 'right' },
    ],
    rows: backups
      .slice(0, limit)
      .map(({ at, runbook, outcome, legs, addedBytes, durationMs }) => [
        at.slice(0, 16).replace('T', ' '),
        runbook ?? byHand,
        outcome,
        legs.length === 0 ? '-' : `${legs.filter(({ status }) => status === 'ok').length}/${legs.length}`,
        addedBytes === null ? '-' : formatSize(addedBytes),
        durationMs === null ? '-' : formatDuration(durationMs),
      ]),
  };
}

export function periodTable(periods: readonly GroupFigures[]): TextTable {
  return {
    columns: [
      { title: 'PERIOD', whole: true },
      { title: 'RUNBOOK', flexible: true },
      { title: 'BACKUPS', align: 'right' },
      { title: 'OK', align: 'right' },
      { title: 'INCOMPLETE', align: 'right' },
      { title: 'FAILED', align: 'right' },
      { title: 'SUCCESS', align: 'right' },
    ],
    rows: periods.map(({ period, runbook, figures }) => [
      period,
      runbook ?? byHand,
      String(figures.backups),
      String(figures.ok),
      String(figures.incomplete),
      String(figures.failed + figures.interrupted),
      rateText(figures.successRate),
    ]),
  };
}

/** For each runbook its counts, the longest time without a complete backup, and its legs that ever failed; for people. */
export function summaryText({ runbooks, figures, unfinished, since }: HistoryReport): string {
  const day = since.slice(0, 10);
  const lines =
    runbooks.length === 0
      ? [`no backup since ${day}`]
      : runbooks.flatMap(({ runbook, figures: of }) => groupLines(runbook, of));
  if (runbooks.length > 1)
    lines.push(`all since ${day}: ${figures.ok} of ${figures.backups} complete (${rateText(figures.successRate)})`);
  if (unfinished > 0) lines.push(`begun by hand, and nothing is known of how they ended: ${unfinished}`);
  return lines.join('\n');
}

function groupLines(runbook: string | null, figures: BackupFigures): string[] {
  const { backups, ok, incomplete, failed, interrupted, successRate, longestGapMs, legs } = figures;
  return [
    `${runbook ?? byHand}: ${ok} of ${backups} complete (${rateText(successRate)}), ${incomplete} incomplete, ${failed} failed, ${interrupted} interrupted`,
    ...(longestGapMs === null ? [] : [`  longest time between two complete ones: ${formatDuration(longestGapMs)}`]),
    ...legs
      .filter((leg) => leg.failed > 0)
      .map((leg) => `  leg ${leg.name}: failed ${leg.failed} of ${leg.ok + leg.failed} times`),
  ];
}
