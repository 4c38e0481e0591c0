import { oneLine } from '../../core/plain-text.ts';
import { count, formatSize } from '../../core/units.ts';
import { fromText, toText } from '../format/byte-string.ts';
import type { RestoreResult } from './result.ts';

/** How a change is called, in the language. */
type ActionWord = (action: RestoreResult['changes'][number]['action']) => string;

/** For people: what was restored and what was not. */
export function restoreText(result: RestoreResult, word: ActionWord = (action) => action): string {
  const lines = result.dryRun ? dryRunLines(result, word) : doneLines(result);
  if (result.snapshotStatus === 'incomplete')
    lines.push('the backup itself was incomplete: what could not be read when it was made is not here');
  if (result.ownersNotSet > 0)
    lines.push(
      `${count(result.ownersNotSet, 'object')} restored without the stored owner and without setuid and setgid bits: only root can give files away`,
    );
  for (const { object, location, problem, recovered } of result.damagedObjects)
    lines.push(`damaged${recovered ? ', nothing lost by it' : ''}: ${object} at ${location}: ${problem}`);
  for (const { object, entries, first, last, problem } of result.lostEntries)
    lines.push(
      `lost: ${count(entries, 'entry', 'entries')} from ${oneLine(first)} to ${oneLine(last)}, whose names stood in ${object} only: ${problem}`,
    );
  const shown = result.problems.slice(0, 50);
  for (const { class: kind, path, message } of shown)
    lines.push(`${kind}: ${oneLine(toText(fromText(path)))}: ${message}`);
  if (result.problems.length > shown.length) lines.push(`... and ${result.problems.length - shown.length} more`);
  return lines.join('\n');
}

function doneLines(result: RestoreResult): string[] {
  const lines = [
    `restored ${count(result.files, 'file')}, ${count(result.folders, 'folder')} and ${count(result.others + result.links, 'link or special file', 'links and special files')} of ${result.snapshot} to ${result.target}`,
  ];
  if (result.filesUnchanged > 0)
    lines.push(
      `${count(result.filesUnchanged, 'file')} had the stored content already, ${formatSize(result.bytesUnchanged)}`,
    );
  if (result.deleted > 0)
    lines.push(
      `${count(result.deleted, 'object')} deleted that the snapshot does not have, ${formatSize(result.deletedBytes)}`,
    );
  return lines;
}

function dryRunLines(result: RestoreResult, word: ActionWord): string[] {
  const lines = result.changes.map(({ action, path }) => `${word(action).padEnd(8)}  ${oneLine(path)}`);
  const of = (wanted: string) => result.changes.filter(({ action }) => action === wanted).length;
  lines.push(
    `dry run of ${result.snapshot} to ${result.target}: ${of('restored')} new, ${of('updated')} changed, ${of('metadata')} with other metadata, ${of('deleted')} to delete, ${count(result.filesUnchanged, 'file')} unchanged`,
    `${formatSize(result.bytes)} to write, ${formatSize(result.deletedBytes)} to delete; nothing was done`,
  );
  return lines;
}

/** As JSON: the names of restic's summary first. */
export function restoreJson(result: RestoreResult): Record<string, unknown> {
  return {
    message_type: 'summary',
    seconds_elapsed: Math.round(result.durationMs / 1000),
    total_files: result.files,
    files_restored: result.files - result.filesUnchanged,
    files_skipped: result.filesUnchanged,
    files_deleted: result.deleted,
    total_bytes: result.bytes + result.bytesUnchanged,
    bytes_restored: result.bytes,
    bytes_skipped: result.bytesUnchanged,
    ...result,
  };
}
