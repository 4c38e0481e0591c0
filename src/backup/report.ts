import { oneLine } from '../core/plain-text.ts';
import type { WorkProgress } from '../core/progress.ts';
import { count, formatSize } from '../core/units.ts';
import type { BackupResult } from './create/backup-job.ts';
import type { BackupProgress } from './create/create-snapshot.ts';
import { pathForJson, toText } from './format/byte-string.ts';
import type { Problem } from './format/manifest-root.ts';
import type { Note } from './prune/notes.ts';
import type { SnapshotListing } from './repository/snapshots.ts';

/** restic's `status` message; totals are those of the snapshot before, as long as there is not more by now. */
export function statusMessage(progress: BackupProgress, elapsedMs: number): Record<string, unknown> {
  return {
    message_type: 'status',
    seconds_elapsed: Math.floor(elapsedMs / 1000),
    percent_done: shareOf(progress),
    ...(shareOf(progress) > 0 ? { total_files: progress.before!.files, total_bytes: progress.before!.bytes } : {}),
    files_done: progress.filesDone,
    bytes_done: progress.bytesDone,
    error_count: progress.problems,
    current_files: [toText(progress.currentPath)],
  };
}

/** 0 when nobody knows. */
function shareOf({ bytesDone, before }: BackupProgress): number {
  return before && before.bytes > 0 && bytesDone <= before.bytes ? bytesDone / before.bytes : 0;
}

/** A running backup for people. */
export function workOf({ filesDone, bytesDone, problems, currentPath, before, legs }: BackupProgress): WorkProgress {
  const leg = ({ location, status, storedBytes }: ReturnType<NonNullable<typeof legs>>[number]) =>
    `${location}: ${status === 'ok' ? `${formatSize(storedBytes)} stored` : 'failed'}`;
  return {
    bytesDone,
    filesDone,
    problems,
    bytesTotal: before?.bytes,
    filesTotal: before?.files,
    current: toText(currentPath),
    parts: () => (legs?.() ?? []).map(leg),
  };
}

/** restic's `error` message, with the class of the problem. */
export function errorMessage(problem: Problem): Record<string, unknown> {
  const { path, pathBase64 } = pathForJson(problem.path);
  return {
    message_type: 'error',
    error: { message: problem.message },
    during: 'archival',
    item: path,
    ...(pathBase64 ? { itemBase64: pathBase64 } : {}),
    class: problem.class,
  };
}

/** restic's `summary` message with its field names, and what it does not have: status, legs, problem counters. */
export function summaryMessage(result: BackupResult): Record<string, unknown> {
  const { counts, dirs } = result;
  return {
    message_type: 'summary',
    files_new: counts.filesNew,
    files_changed: counts.filesChanged,
    files_unmodified: counts.filesUnchanged,
    dirs_new: dirs.new,
    dirs_changed: dirs.changed,
    dirs_unmodified: dirs.unchanged,
    data_blobs: counts.dataBlobs,
    tree_blobs: result.blocksWritten,
    data_added: counts.dataAddedBytes,
    data_added_packed: counts.storedAddedBytes,
    total_files_processed: counts.files,
    total_bytes_processed: counts.bytes,
    total_duration: result.durationMs / 1000,
    backup_start: result.started,
    backup_end: result.ended,
    snapshot_id: result.snapshot,
    parent: result.parent ?? null,
    status: result.status,
    guard: result.guard ?? null,
    problems: {
      vanished: counts.vanished,
      unreadable: counts.unreadable,
      changed: counts.changed,
      missing_sources: counts.missingSources,
      failed_dumps: counts.failedDumps,
    },
    legs: result.legs,
    warnings: result.warnings,
    exit_code: result.exitCode,
  };
}

/** The end of a backup for people. */
export function resultText(result: BackupResult): string {
  const { counts } = result;
  const lines = [
    `snapshot ${result.snapshot} ${result.status} in ${(result.durationMs / 1000).toFixed(1)} s`,
    `  files     ${counts.files} (${counts.filesNew} new, ${counts.filesChanged} changed, ${counts.filesUnchanged} unchanged), ${formatSize(counts.bytes)}`,
    `  stored    ${formatSize(counts.dataAddedBytes)} of new content as ${formatSize(counts.storedAddedBytes)}`,
  ];
  for (const leg of result.legs)
    lines.push(
      `  leg       ${leg.location}: ${leg.status === 'ok' ? `ok, ${formatSize(leg.storedBytes)} in ${count(leg.storedObjects, 'object')}` : `failed: ${leg.error?.message}`}`,
      ...(leg.error?.next ? [`            ${leg.error.next}`] : []),
    );
  for (const { location, earlier } of result.legs) {
    if (!earlier) continue;
    const { copied, missing } = earlier;
    if (copied.length > 0) lines.push(`  caught up ${location}: ${count(copied.length, 'earlier snapshot')}`);
    if (missing.length > 0) lines.push(`  behind    ${location}: ${count(missing.length, 'earlier snapshot')}`);
  }
  const bad = [
    [counts.unreadable, 'unreadable'],
    [counts.vanished, 'vanished'],
    [counts.changed, 'changed while read'],
    [counts.missingSources, `source path${counts.missingSources === 1 ? '' : 's'} missing`],
    [counts.failedDumps, `dump${counts.failedDumps === 1 ? '' : 's'} failed`],
  ] as const;
  const told = bad.filter(([number]) => number > 0).map(([number, name]) => `${number} ${name}`);
  if (told.length > 0) lines.push(`  problems  ${told.join(', ')}`);
  return lines.join('\n');
}

/** One line per problem, for stderr. */
export function problemText(problem: Problem, say: (english: string) => string): string {
  return `${problem.class}: ${oneLine(toText(problem.path))}: ${say(problem.message)}`;
}

/** A snapshot, and what a person said why it must stay. */
type PinnedListing = SnapshotListing & { pin?: Note | undefined };

/** A snapshot as `backup list --json` shows it; the first fields are named as restic names them. */
export function listingJson({ snapshot, header, problem, pin }: PinnedListing): Record<string, unknown> {
  if (!header) return { id: snapshot, short_id: snapshot.slice(-8), problem };
  return {
    id: snapshot,
    short_id: snapshot.slice(-8),
    time: header.started,
    hostname: toText(header.host),
    username: toText(header.user),
    tags: header.tags.map(toText),
    program_version: header.program,
    parent: header.parent ?? null,
    runbook: header.runbook === undefined ? null : toText(header.runbook),
    status: header.status,
    guard: header.guard ?? null,
    pin: pin ? { by: pin.by, at: pin.at, reason: pin.reason } : null,
    ended: header.ended,
    summary: header.counts,
  };
}

export const listingColumns = [
  { title: 'SNAPSHOT', whole: true },
  { title: 'AGE', align: 'right' as const, whole: true },
  { title: 'FILES', align: 'right' as const, whole: true },
  { title: 'SIZE', align: 'right' as const, whole: true },
  { title: 'ADDED', align: 'right' as const, whole: true },
  { title: 'STATUS', flexible: true },
  { title: 'MADE BY', flexible: true },
];

/** The id is whole, because it is what is copied from here, and it begins with the time of the snapshot (UTC). `say`: words of oaops in the language. */
export function listingRow(
  { snapshot, header, problem, pin }: PinnedListing,
  nowMs: number,
  say = (english: string) => english,
): string[] {
  const age = shortAge(nowMs - snapshotTimeMs(snapshot));
  if (!header) return [snapshot, age, '', '', '', problem ?? '', ''];
  const { counts } = header;
  const names = [header.host, ...(header.runbook === undefined ? [] : [header.runbook]), ...header.tags];
  return [
    snapshot,
    age,
    String(counts.files),
    formatSize(counts.bytes),
    formatSize(counts.storedAddedBytes),
    [header.status, ...(header.guard ? [header.guard.kind] : []), ...(pin ? ['pinned'] : [])].map(say).join(', '),
    names.map(toText).join(', '),
  ];
}

/** `20261122T180512Z-9f3a1c2b` begins with its time in UTC. */
export function snapshotTimeMs(snapshot: string): number {
  return Date.parse(snapshot.slice(0, 16).replace(/^(.{4})(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
}

/** In one unit, as in `3 h`; `-` for a snapshot of a clock that was ahead. */
function shortAge(ms: number): string {
  if (!(ms >= 0)) return '-';
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}

/** Which legs lack snapshots that another one has. */
export function missingText(
  listings: readonly { snapshot: string; locations: readonly string[] }[],
  locations: readonly string[],
): string[] {
  return locations.flatMap((location) => {
    const missing = listings.filter((listing) => !listing.locations.includes(location)).map(({ snapshot }) => snapshot);
    if (missing.length === 0) return [];
    return [
      `there is no copy at ${location} of ${count(missing.length, 'snapshot')}: ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', ...' : ''}`,
    ];
  });
}
