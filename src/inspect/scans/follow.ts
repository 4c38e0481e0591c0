import { z } from 'zod';
import type { Finding, ScanReport } from './model.ts';

/** What is remembered between reports: findings that are open, by the day on which each was first seen. */
export const followedSchema = z.object({
  scanned: z.number(),
  /** Day, `YYYY-MM-DD`, to keys of findings. */
  open: z.record(z.string(), z.array(z.string())),
  /** Findings that the last report no longer had. */
  fixed: z.number(),
  /** Whether there was a report before: without one nothing is new. */
  compared: z.boolean(),
});
export type Followed = z.infer<typeof followedSchema>;

export interface FollowedFinding extends Finding {
  /** Day on which it was first in a report. */
  since: string;
  new: boolean;
}

export interface Following {
  open: FollowedFinding[];
  fixed: number;
  compared: boolean;
  /** Hosts with open findings that this report has not looked at. */
  unscanned: string[];
  /** undefined: nothing has changed. */
  keep: Followed | undefined;
}

/** A finding, whatever it is called by now. */
export function keyOf({ host, port, id }: Pick<Finding, 'host' | 'port' | 'id'>): string {
  return `${host} ${port} ${id}`;
}

/**
 * A report beside what was known before. What is not found any more is fixed only on hosts that were scanned: silence about a host that was not
 * is no repair, and its findings stay open. The same report twice changes nothing.
 */
export function follow(
  report: Pick<ScanReport, 'hosts'> & { scannedMs: number },
  followed: readonly Finding[],
  before: Followed | undefined,
): Following {
  const day = new Date(report.scannedMs).toISOString().slice(0, 10);
  const sinceOf = new Map(
    Object.entries(before?.open ?? {}).flatMap(([since, keys]) => keys.map((key) => [key, since] as const)),
  );
  const same = before?.scanned === report.scannedMs;
  const found = new Map(followed.map((finding) => [keyOf(finding), finding]));
  const open = [...found].map(([key, finding]): FollowedFinding => {
    const since = sinceOf.get(key) ?? day;
    const isNew = same ? before.compared && since === day : before !== undefined && !sinceOf.has(key);
    return { ...finding, since, new: isNew };
  });
  const gone = [...sinceOf.keys()].filter((key) => !found.has(key));
  const left = gone.filter((key) => !report.hosts.has(key.slice(0, key.indexOf(' '))));
  const fixed = same ? before.fixed : gone.length - left.length;
  const compared = same ? before.compared : before !== undefined;
  const kept = [
    ...open.map((one) => ({ key: keyOf(one), since: one.since })),
    ...left.map((key) => ({ key, since: sinceOf.get(key)! })),
  ];
  const byDay = Object.fromEntries(
    [...Map.groupBy(kept, ({ since }) => since)].map(([since, members]) => [
      since,
      members.map(({ key }) => key).sort(),
    ]),
  );
  return {
    open,
    fixed,
    compared,
    unscanned: [...new Set(left.map((key) => key.slice(0, key.indexOf(' '))))].sort(),
    keep: same ? undefined : { scanned: report.scannedMs, open: byDay, fixed, compared },
  };
}
