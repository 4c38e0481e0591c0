import { sha256Hex } from '../../core/json.ts';
import { type ByteString, toText } from '../format/byte-string.ts';
import type { SnapshotHeader } from '../format/snapshot-header.ts';

/** Snapshots that follow each other: of one host and one runbook, or without a runbook of the same source paths. */
export interface SnapshotGroup {
  host: string;
  runbook: string | null;
  series: string | null;
}

/** What the index tells of the sources of a snapshot: equal for equal paths, and no path. */
export function seriesOf(repositoryId: string, sources: readonly ByteString[]): string {
  return sha256Hex([repositoryId, ...[...new Set(sources)].sort()].join('\0')).slice(0, 16);
}

export function groupOf({ host, runbook, series }: Pick<SnapshotHeader, 'host' | 'runbook' | 'series'>): SnapshotGroup {
  const name = runbook === undefined ? null : toText(runbook);
  // A runbook may be given other paths, and goes on with its snapshots.
  return { host: toText(host), runbook: name, series: name === null ? (series ?? null) : null };
}

export function groupKey({ host, runbook, series }: SnapshotGroup): string {
  return [host, runbook ?? '', series ?? ''].join('\t');
}

export function groupFromKey(key: string): SnapshotGroup {
  const [host = '', runbook, series] = key.split('\t');
  return { host, runbook: runbook || null, series: series || null };
}

/** `oa-1, backup-daily`; without a runbook the sources are told apart by a number. */
export function groupText({ host, runbook, series }: SnapshotGroup): string {
  return runbook !== null ? `${host}, ${runbook}` : series !== null ? `${host}, ${series.slice(0, 6)}` : host;
}
