import { toText } from '../format/byte-string.ts';
import type { SnapshotHeader } from '../format/snapshot-header.ts';
import { findSnapshot } from '../repository/newest.ts';
import type { Repository } from '../repository/open.ts';
import { listSharedSnapshots, type SharedListing } from '../repository/snapshots.ts';

/** Which snapshots a list shows; what is not given leaves nothing out. */
export interface SnapshotFilter {
  host?: string | undefined;
  tag?: string | undefined;
  runbook?: string | undefined;
  /** So many of each group (host, runbook, sources), the newest. */
  last?: number | undefined;
}

/** Of all legs, oldest first. */
export function filterSnapshots<T extends Pick<SharedListing, 'snapshot' | 'header'>>(
  listings: readonly T[],
  { host, tag, runbook, last }: SnapshotFilter,
): T[] {
  const fitting = listings.filter(({ header }) => {
    if (!header) return host === undefined && tag === undefined && runbook === undefined;
    return (
      (host === undefined || toText(header.host) === host) &&
      (tag === undefined || header.tags.some((one) => toText(one) === tag)) &&
      (runbook === undefined || (header.runbook !== undefined && toText(header.runbook) === runbook))
    );
  });
  if (last === undefined) return fitting;
  const seen = new Map<string, number>();
  const kept = fitting.toReversed().filter(({ header }) => {
    const group = groupOf(header);
    seen.set(group, (seen.get(group) ?? 0) + 1);
    return seen.get(group)! <= last;
  });
  return kept.toReversed();
}

function groupOf(header: SnapshotHeader | undefined): string {
  return header ? [header.host, header.runbook ?? '', header.series ?? ''].join('\t') : '';
}

/** Full ids, oldest first: those that are named, else all. */
export async function chooseSnapshots(
  repository: Repository,
  { snapshots, ...filter }: SnapshotFilter & { snapshots: readonly string[] },
): Promise<{ ids: string[]; warnings: string[] }> {
  if (snapshots.length > 0) {
    const found = [];
    for (const wanted of snapshots) found.push(await findSnapshot(repository, wanted, undefined));
    const ids = [...new Set(found.map(({ snapshot }) => snapshot))].sort();
    return { ids, warnings: found.flatMap(({ warnings }) => warnings) };
  }
  const { listed, warnings } = await listSharedSnapshots([repository.store, ...(repository.others ?? [])]);
  return { ids: filterSnapshots(listed, filter).map(({ snapshot }) => snapshot), warnings };
}
