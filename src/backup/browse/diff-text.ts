import { count, formatSize } from '../../core/units.ts';
import { pathForJson } from '../format/byte-string.ts';
import { shownPath } from '../list-entries.ts';
import type { Change, DiffCounts, DiffSums } from './diff.ts';

/** restic's `change` message; `modifier` also has its `?` for content that changed without a trace. */
export function changeJson(change: Change): Record<string, unknown> {
  const { before, after } = change;
  const { path, pathBase64 } = pathForJson(pathOf(change));
  return {
    message_type: 'change',
    path,
    ...(pathBase64 ? { pathBase64 } : {}),
    modifier: modifier(change),
    ...(before?.type === 'f' ? { size_before: before.size } : {}),
    ...(after?.type === 'f' ? { size: after.size } : {}),
  };
}

/** `M    /srv/oa/a.txt`; folders end with a slash. */
export function changeText(change: Change): string {
  return `${modifier(change).padEnd(5)}${shownPath(pathOf(change))}`;
}

/** restic's `statistics` message. */
export function sumsJson(from: string, to: string, sums: DiffSums): Record<string, unknown> {
  return {
    message_type: 'statistics',
    source_snapshot: from,
    target_snapshot: to,
    changed_files: sums.changedFiles,
    changed_others: sums.changedOthers,
    changed_metadata: sums.changedMetadata,
    changed_types: sums.changedTypes,
    added: sums.added,
    removed: sums.removed,
    shared_entries: sums.sharedEntries,
  };
}

export function sumsText({
  added,
  removed,
  changedFiles,
  changedOthers,
  changedMetadata,
  changedTypes,
}: DiffSums): string {
  const sum = (counts: DiffCounts) =>
    `${count(counts.files, 'file')}, ${count(counts.dirs, 'folder')}, ${count(counts.others, 'other')}, ${formatSize(counts.bytes)}`;
  return [
    `added: ${sum(added)}`,
    `removed: ${sum(removed)}`,
    `changed: ${count(changedFiles, 'file')}, ${count(changedOthers, 'other')}, metadata ${changedMetadata}, type ${changedTypes}`,
  ].join('\n');
}

function modifier({ mark, silent }: Change): string {
  return silent ? `${mark}?` : mark;
}

function pathOf({ before, after }: Change): string {
  const entry = (after ?? before)!;
  const path = entry.path === '.' ? '' : entry.path;
  return entry.type === 'd' && path !== '' ? `/${path}/` : `/${path}`;
}
