import { type BucketNames, type Period, periods } from './buckets.ts';

/** How long snapshots are kept. A snapshot stays when one of the rules keeps it. */
export interface RetentionRules {
  keepLast?: number;
  /** Milliseconds, counted back from the newest snapshot of the group. */
  keepWithin?: number;
  keepHourly?: number;
  keepDaily?: number;
  keepWeekly?: number;
  keepMonthly?: number;
  keepYearly?: number;
}

/** What the rules need to know of a snapshot. */
export interface RetainedSnapshot {
  snapshot: string;
  /** Snapshots of one group follow each other; rules count in each group for itself. */
  group: string;
  /** When it was begun, by the clock of its host. */
  timeMs: number;
  /** When the storage got its manifest, by the clock of the storage. */
  storedMs: number;
  complete: boolean;
  /** Shrank or changed too much, and nobody said that this is right. */
  guarded: boolean;
  pinned: boolean;
  /** All that it needs was read back and found right. */
  verified: boolean;
  /** Its index cannot be read, so that nobody knows what it is. */
  unknown?: boolean;
}

export type KeepReason =
  | 'pinned'
  | 'future'
  | 'newest'
  | 'last-good'
  | 'last-verified'
  | 'stopped'
  | 'unknown'
  | 'slow-clock'
  | 'no-rule'
  | 'within'
  | 'last'
  | Period;
export type RemoveReason = 'rules' | 'asked';

export interface Verdict {
  snapshot: string;
  group: string;
  keep: boolean;
  /** Why it is kept, all reasons; or why it is removed, one. */
  reasons: (KeepReason | RemoveReason)[];
}

export interface PolicyInput {
  snapshots: readonly RetainedSnapshot[];
  /** Undefined: no rules, nothing is removed by them. */
  rules: RetentionRules | undefined;
  /** By the clock of the storage. */
  nowMs: number;
  buckets: BucketNames;
  /** Groups in which the last run failed, or was guarded: nothing of them is removed. */
  stopped?: ReadonlySet<string>;
  /** Snapshots that a person wants to be removed. */
  asked?: ReadonlySet<string> | undefined;
  /** The rules are for these groups only; in others nothing is removed by them. Undefined: for all. */
  groups?: ((group: string) => boolean) | undefined;
}

/** Clocks that are kept by NTP differ by less. */
export const clockToleranceMs = 5 * 60_000;
/** A snapshot that claims to be this much older than its manifest at the storage comes from a slow clock, or was copied. */
const lateMs = 86_400_000;

/** True when at least one rule is there. */
export function hasRules(rules: RetentionRules | undefined): rules is RetentionRules {
  return rules !== undefined && Object.values(rules).some((value) => value !== undefined);
}

/**
 * Which snapshots stay, and why. Pure: the same snapshots, rules and time give the same verdicts.
 *
 * - Rules count per group. A snapshot stays when any rule keeps it.
 * - `keepWithin` counts from the newest snapshot of the group, or from now when that is earlier: when backups have stopped,
 *   time alone removes nothing.
 * - The others keep the newest snapshot of each of the last N periods that have one. A good snapshot (complete, not
 *   guarded) goes before a newer one that is not. `keepLast` keeps the last N, and the last N good ones.
 * - Whatever the rules say, these stay: the newest of a group, the last good, the last verified, pinned ones, those from the future,
 *   those of a group that is stopped, and those that nobody can tell the group of.
 * - What one pruning removes no later one would have kept: each rule looks at the newest of a period, and periods only grow older.
 */
export function judge(input: PolicyInput): Verdict[] {
  const groups = new Map<string, RetainedSnapshot[]>();
  for (const one of input.snapshots) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  const verdicts = [...groups].flatMap(([group, members]) => judgeGroup(group, members, input));
  return verdicts.sort((a, b) => (a.snapshot < b.snapshot ? -1 : 1));
}

function judgeGroup(group: string, members: readonly RetainedSnapshot[], input: PolicyInput): Verdict[] {
  const { rules, nowMs, buckets, asked } = input;
  const reasons = new Map<string, Set<KeepReason>>(members.map(({ snapshot }) => [snapshot, new Set()]));
  const keep = (one: RetainedSnapshot | undefined, reason: KeepReason) => one && reasons.get(one.snapshot)!.add(reason);
  const past = members.filter((one) => one.timeMs <= nowMs + clockToleranceMs && !one.unknown).sort(newestFirst);
  const good = past.filter(isGood);

  keep(past[0], 'newest');
  keep(good[0], 'last-good');
  keep(
    past.find((one) => one.verified && isGood(one)),
    'last-verified',
  );
  for (const one of members) {
    if (one.pinned) keep(one, 'pinned');
    if (one.unknown) keep(one, 'unknown');
    else if (!past.includes(one)) keep(one, 'future');
    else if (one.storedMs - one.timeMs > lateMs + maxRunMs && nowMs - one.storedMs < lateMs) keep(one, 'slow-clock');
    if (input.stopped?.has(group)) keep(one, 'stopped');
  }

  if (hasRules(rules) && (input.groups?.(group) ?? true)) {
    if (rules.keepWithin !== undefined && past[0]) {
      const sinceMs = Math.min(past[0].timeMs, nowMs) - rules.keepWithin;
      for (const one of past) if (one.timeMs >= sinceMs) keep(one, 'within');
    }
    const last = rules.keepLast ?? 0;
    for (const one of [...past.slice(0, last), ...good.slice(0, last)]) keep(one, 'last');
    for (const period of periods)
      for (const one of firstOfEach(past, counts[period](rules), (timeMs) => buckets(period, timeMs)))
        keep(one, period);
  } else for (const one of members) keep(one, 'no-rule');

  return members.map(({ snapshot }) => {
    const why = reasons.get(snapshot)!;
    if (asked?.has(snapshot) && mayBeAsked(why)) return { snapshot, group, keep: false, reasons: ['asked' as const] };
    return why.size > 0
      ? { snapshot, group, keep: true, reasons: [...why] }
      : { snapshot, group, keep: false, reasons: ['rules' as const] };
  });
}

/** Longest backup that is thought of: its manifest comes at its end. */
const maxRunMs = 86_400_000;

const counts: Record<Period, (rules: RetentionRules) => number> = {
  hourly: (rules) => rules.keepHourly ?? 0,
  daily: (rules) => rules.keepDaily ?? 0,
  weekly: (rules) => rules.keepWeekly ?? 0,
  monthly: (rules) => rules.keepMonthly ?? 0,
  yearly: (rules) => rules.keepYearly ?? 0,
};

/** The newest good one, else the newest, of each of the last `count` periods that have any. */
function firstOfEach(
  past: readonly RetainedSnapshot[],
  count: number,
  bucketOf: (timeMs: number) => string,
): RetainedSnapshot[] {
  if (count === 0) return [];
  const chosen = new Map<string, RetainedSnapshot>();
  for (const one of past) {
    const bucket = bucketOf(one.timeMs);
    const before = chosen.get(bucket);
    if (!before && chosen.size === count) break;
    if (!before || (!isGood(before) && isGood(one))) chosen.set(bucket, one);
  }
  return [...chosen.values()];
}

/** What a person may have removed against the rules: not the last of its kind, nothing pinned, nothing of a stopped group. */
function mayBeAsked(why: ReadonlySet<KeepReason>): boolean {
  const held: KeepReason[] = ['pinned', 'newest', 'last-good', 'last-verified', 'stopped'];
  return !held.some((reason) => why.has(reason));
}

function isGood({ complete, guarded }: RetainedSnapshot): boolean {
  return complete && !guarded;
}

function newestFirst(a: RetainedSnapshot, b: RetainedSnapshot): number {
  return b.timeMs - a.timeMs || (a.snapshot < b.snapshot ? 1 : -1);
}
