import { isoTime } from '../../core/clock.ts';
import { count, formatSize } from '../../core/units.ts';
import { groupFromKey, groupText } from '../retention/groups.ts';
import type { LegPruneResult, PruneResult } from './prune.ts';
import type { Amount, LegPruned, LegSnapshot } from './prune-leg.ts';

/** What `backup prune --json` prints. */
export function pruneJson(result: PruneResult): Record<string, unknown> {
  return {
    repository_id: result.repositoryId,
    dry_run: result.dryRun,
    grace_seconds: result.graceMs / 1000,
    legs: result.legs.map(legJson),
    warnings: result.warnings,
    exit_code: result.exitCode,
  };
}

function legJson({ location, status, error, pruned }: LegPruneResult): Record<string, unknown> {
  if (!pruned) return { location, status, error };
  const { snapshots, stopped, marked, waiting, swept, retained } = pruned;
  return {
    location,
    status,
    snapshots: snapshots.map((one) => ({
      id: one.snapshot,
      short_id: one.snapshot.slice(-8),
      time: one.time,
      ...groupFields(one.group),
      action: one.keep ? 'keep' : 'remove',
      reasons: one.reasons,
      freed_bytes: one.freesBytes,
      retained: one.retained,
    })),
    stopped: stopped.map(({ group, why }) => ({ ...groupFields(group), reason: why })),
    marked,
    waiting,
    deleted: swept,
    retained,
  };
}

function groupFields(group: string): { hostname: string; runbook: string | null } {
  const { host, runbook } = groupFromKey(group);
  return { hostname: host, runbook };
}

export const pruneColumns = [
  { title: 'SNAPSHOT', whole: true },
  { title: 'MADE BY', flexible: true },
  { title: 'ACTION', whole: true },
  { title: 'FREES', align: 'right' as const, whole: true },
  { title: 'WHY', flexible: true },
];

/** Tables of verdicts: one when every leg comes to the same, else one for each leg. */
export function pruneTables(
  { legs }: PruneResult,
  say: (english: string) => string,
): { location: string | undefined; rows: string[][] }[] {
  const done = legs.flatMap(({ location, pruned }) => (pruned ? [{ location, snapshots: pruned.snapshots }] : []));
  const told = (snapshots: readonly LegSnapshot[]) =>
    JSON.stringify(snapshots.map(({ snapshot, keep, reasons, retained }) => [snapshot, keep, reasons, retained]));
  const [first] = done;
  const same = done.every(({ snapshots }) => told(snapshots) === told(first!.snapshots));
  const tables = same ? done.slice(0, 1) : done;
  return tables.map(({ location, snapshots }) => ({
    location: same ? undefined : location,
    rows: snapshots.map((one) => rowOf(one, say)),
  }));
}

function rowOf(one: LegSnapshot, say: (english: string) => string): string[] {
  return [
    one.snapshot,
    groupText(groupFromKey(one.group)),
    say(one.keep ? 'keep' : one.retained ? 'retained' : 'remove'),
    one.keep ? '' : formatSize(one.freesBytes),
    one.reasons.map((reason) => say(reasonTexts[reason])).join(', '),
  ];
}

const reasonTexts: Record<LegSnapshot['reasons'][number], string> = {
  pinned: 'pinned',
  future: 'from the future: a clock is wrong',
  newest: 'newest',
  'last-good': 'last good',
  'last-verified': 'last verified',
  stopped: 'the last backup was not good',
  unknown: 'its index cannot be read',
  'slow-clock': 'stored just now with an old time',
  'no-rule': 'no rule for it',
  within: 'within',
  last: 'last',
  hourly: 'hourly',
  daily: 'daily',
  weekly: 'weekly',
  monthly: 'monthly',
  yearly: 'yearly',
  rules: 'no rule keeps it',
  asked: 'asked for',
};

/** What became of each leg, line by line. */
export function pruneText(result: PruneResult, nowMs: number): string {
  const lines: string[] = [];
  for (const { location, error, pruned } of result.legs)
    lines.push(pruned ? legText(location, pruned, result, nowMs) : `${location} failed: ${error!.message}`);
  const stopped = new Map(
    result.legs.flatMap(({ pruned }) => pruned?.stopped ?? []).map((one) => [one.group, one.why]),
  );
  for (const [group, why] of stopped)
    lines.push(
      `${groupText(groupFromKey(group))} is left whole: ${why}`,
      'See "oaops backup accept" if that is right; else the next good backup ends it.',
    );
  return lines.join('\n');
}

function legText(location: string, pruned: LegPruned, { dryRun, graceMs }: PruneResult, nowMs: number): string {
  const { snapshots, marked, waiting, swept, retained } = pruned;
  const removed = snapshots.filter((one) => !one.keep && !one.retained).length;
  const kept = count(snapshots.length - removed, 'snapshot');
  if (dryRun) {
    const bytes = snapshots.reduce((sum, { freesBytes }) => sum + freesBytes, 0);
    return `${location}: would keep ${kept}, remove ${removed} with ${formatSize(bytes)}, delete ${amount(swept)} marked before`;
  }
  const parts = [`kept ${kept}, removed ${removed}, deleted ${amount(swept)}`];
  if (marked.objects > 0 && graceMs > 0)
    parts.push(`marked ${amount(marked)} to delete after ${isoTime(nowMs + graceMs)}`);
  if (waiting.objects > 0) parts.push(`${amount(waiting)} wait for that since an earlier run`);
  if (retained.objects > 0) parts.push(`the storage retains ${amount(retained)}`);
  return `${location}: ${parts.join('; ')}`;
}

function amount({ objects, bytes }: Amount): string {
  return `${count(objects, 'object')} (${formatSize(bytes)})`;
}

/** Facts of this topic are prunes, by repository id. */
export const pruneTopic = 'prune';

/** What the record keeps of a prune; the removed snapshots by name. */
export function pruneFacts(result: PruneResult): Record<string, unknown> {
  return {
    repositoryId: result.repositoryId,
    legs: result.legs.map(({ location, status, error, pruned }) => ({
      location,
      status,
      ...(error ? { error: error.message } : {}),
      ...(pruned
        ? {
            kept: pruned.snapshots.filter(({ keep }) => keep).length,
            removed: pruned.snapshots.flatMap((one) => (one.keep || one.retained ? [] : one.snapshot)),
            stopped: pruned.stopped.length,
            marked: pruned.marked,
            deleted: pruned.swept,
            retained: pruned.retained,
          }
        : {}),
    })),
  };
}
