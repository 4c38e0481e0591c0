import { type Clock, isoTime } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { RandomSource } from '../../core/ids.ts';
import { hashOfObject, objectNames } from '../format/object-names.ts';
import type { ObjectStore } from '../ports.ts';
import { writeRemoved } from '../repository/removed.ts';
import { groupKey, groupOf } from '../retention/groups.ts';
import type { LastRun } from '../retention/last-runs.ts';
import { clockToleranceMs, judge, type PolicyInput, type RetainedSnapshot, type Verdict } from '../retention/policy.ts';
import { VerifyHistory } from '../verify/history.ts';
import { listMarks, type Mark, writeMarks } from './marks.ts';
import { listStored, type StoredObject, Survey, type SurveyedSnapshot } from './survey.ts';

export interface PruneLegOptions extends Pick<PolicyInput, 'rules' | 'buckets' | 'asked' | 'groups'> {
  repositoryId: string;
  /** How long objects lie after the mark before they are swept, and how old they must be to be marked. */
  graceMs: number;
  dryRun: boolean;
  /** Notes of all legs: what was said on one counts on each. */
  pinned: ReadonlySet<string>;
  accepted: ReadonlyMap<string, { at: string }>;
  /** How the last backups of this machine went, by group. */
  lastRuns: Readonly<Record<string, LastRun>>;
  stateDir: string;
  user: string;
  host: string;
  clock: Clock;
  random: RandomSource;
  /** Also fires when the lease is lost. */
  signal: AbortSignal;
  onProgress: (message: string) => void;
}

/** Objects and their bytes at the storage. */
export interface Amount {
  objects: number;
  bytes: number;
}

export interface LegSnapshot extends Verdict {
  time: string;
  complete: boolean;
  /** Of what is removed: bytes that no snapshot needs without it. */
  freesBytes: number;
  /** To be removed, but the storage refused it. */
  retained: boolean;
}

export interface LegPruned {
  snapshots: LegSnapshot[];
  /** Groups in which nothing is removed, and why. */
  stopped: { group: string; why: string }[];
  /** Packs and blocks found without a snapshot and marked now; deleted when the grace is over. */
  marked: Amount;
  /** Marked earlier, still in their grace. */
  waiting: Amount;
  /** Deleted for good. In a dry run: what would be. */
  swept: Amount;
  /** Refused by write-once protection. */
  retained: Amount;
}

/**
 * Prunes one leg under an exclusive lease: snapshots that no rule keeps lose their manifest, then checksums and index; packs and
 * blocks that no snapshot names are marked; what was marked a grace ago is deleted if still nobody names it. Every step leaves
 * the leg right, so that it can be killed anywhere and run again.
 */
export async function pruneLeg(store: ObjectStore, options: PruneLegOptions): Promise<LegPruned> {
  return new LegPrune(store, options).run();
}

/** The time between the index and the manifest of a backup, whatever the grace: one that stood still in between goes on. */
const shortestOrphanGraceMs = 3_600_000;

class LegPrune {
  readonly #store: ObjectStore;
  readonly #options: PruneLegOptions;
  readonly #survey: Survey;
  readonly #retained: Amount = { objects: 0, bytes: 0 };
  #nowMs = 0;
  /** Groups in which nothing is removed. */
  #held: ReadonlySet<string> = new Set();

  constructor(store: ObjectStore, options: PruneLegOptions) {
    this.#store = store;
    this.#options = options;
    this.#survey = new Survey(store);
  }

  async run(): Promise<LegPruned> {
    const { dryRun, signal, onProgress } = this.#options;
    this.#nowMs = await this.#storeTime();
    onProgress('reading the indexes of the snapshots');
    const found = await this.#survey.look(signal);
    const stopped = this.#stopped(found);
    this.#held = new Set(stopped.map(({ group }) => group));
    const verdicts = this.#judge(found);
    const stored = await listStored(this.#store);

    const removing = new Set(verdicts.filter(({ keep }) => !keep).map(({ snapshot }) => snapshot));
    const remaining = found.filter(({ snapshot }) => !removing.has(snapshot));
    const frees = this.#freedBy(found, remaining, removing, stored);
    const refused = dryRun ? new Set<string>() : await this.#removeSnapshots([...removing]);
    const left = found.filter(({ snapshot }) => !removing.has(snapshot) || refused.has(snapshot));
    if (!dryRun) await this.#removeLeftovers(left);

    const before = await listMarks(this.#store);
    const marked = await this.#mark(left, stored, before);
    const swept = await this.#sweep(left, stored, before);
    const byId = new Map(found.map((one) => [one.snapshot, one]));
    return {
      snapshots: verdicts.map((verdict) => {
        const { header, storedMs } = byId.get(verdict.snapshot)!;
        return {
          ...verdict,
          time: header?.started ?? isoTime(storedMs),
          complete: header?.status === 'complete',
          freesBytes: refused.has(verdict.snapshot) ? 0 : (frees.get(verdict.snapshot) ?? 0),
          retained: refused.has(verdict.snapshot),
        };
      }),
      stopped,
      ...swept,
      marked,
      retained: this.#retained,
    };
  }

  /** A clock that is wrong would end graces too early. */
  async #storeTime(): Promise<number> {
    const { clock } = this.#options;
    const nowMs = await this.#store.serverTimeMs();
    if (Math.abs(nowMs - clock.nowMs()) <= clockToleranceMs) return nowMs;
    throw new OaopsError(
      'clock-skew',
      `the clock of ${this.#store.location} says ${isoTime(nowMs)}, the one here ${isoTime(clock.nowMs())}`,
      { exitCode: ExitCode.refused, next: 'Set the wrong one right: time decides what is removed.' },
    );
  }

  #judge(found: readonly SurveyedSnapshot[]): Verdict[] {
    const { rules, buckets, asked, groups, pinned, accepted, stateDir, repositoryId } = this.#options;
    const history = new VerifyHistory(stateDir, repositoryId, this.#store.location);
    const { names } = this.#survey.table;
    const isVerified = ({ needs }: SurveyedSnapshot) => {
      const packs = [...needs].map((number) => names[number]!).filter((name) => name.startsWith('packs/'));
      return history.oldest(packs.map((name) => hashOfObject(name)!)) !== undefined;
    };
    const snapshots = found
      .filter(({ orphan }) => !orphan)
      .map((one): RetainedSnapshot => {
        const { snapshot, storedMs, header } = one;
        return {
          snapshot,
          group: header ? groupKey(groupOf(header)) : '',
          timeMs: header ? Date.parse(header.started) : storedMs,
          storedMs,
          complete: header?.status === 'complete',
          guarded: header?.guard !== undefined && !accepted.has(snapshot),
          pinned: pinned.has(snapshot),
          verified: header !== undefined && isVerified(one),
          unknown: header === undefined,
        };
      });
    return judge({
      snapshots,
      rules,
      buckets,
      stopped: this.#held,
      nowMs: this.#nowMs,
      asked,
      groups,
    });
  }

  /** Groups whose last run failed, was cut off, or was guarded. */
  #stopped(found: readonly SurveyedSnapshot[]): LegPruned['stopped'] {
    const { accepted, lastRuns } = this.#options;
    const newest = new Map<string, SurveyedSnapshot>();
    const orphans = new Map<string, SurveyedSnapshot>();
    for (const one of found) {
      if (!one.header) continue;
      (one.orphan ? orphans : newest).set(groupKey(groupOf(one.header)), one);
    }
    const why = new Map<string, string>();
    for (const [group, { snapshot, header }] of newest) {
      const guard = accepted.has(snapshot) ? undefined : header!.guard;
      if (guard)
        why.set(
          group,
          guard.kind === 'shrank'
            ? `snapshot ${snapshot} shrank by ${guard.percent} %`
            : `${guard.percent} % of snapshot ${snapshot} changed`,
        );
      const cut = orphans.get(group);
      if (cut && cut.snapshot > snapshot) why.set(group, `the backup ${cut.snapshot} was cut off at its end`);
      const run = lastRuns[group];
      const since = Math.max(Date.parse(header!.started), Date.parse(accepted.get(snapshot)?.at ?? '') || 0);
      if (run && run.outcome !== 'ok' && Date.parse(run.at) > since)
        why.set(
          group,
          run.outcome === 'running'
            ? `the backup that began at ${run.at} did not end`
            : `the backup of ${run.at} failed${run.message ? `: ${run.message}` : ''}`,
        );
    }
    return [...why].map(([group, reason]) => ({ group, why: reason }));
  }

  /** What the storage can give back for each snapshot: of objects that several need, the last of them tells. */
  #freedBy(
    found: readonly SurveyedSnapshot[],
    remaining: readonly SurveyedSnapshot[],
    removing: ReadonlySet<string>,
    stored: ReadonlyMap<string, StoredObject>,
  ): Map<string, number> {
    const taken = this.#named(remaining);
    const frees = new Map<string, number>();
    for (const { snapshot, needs } of [...found].reverse()) {
      if (!removing.has(snapshot)) continue;
      let bytes = 0;
      for (const number of needs) {
        const name = this.#survey.table.names[number]!;
        if (taken.has(name)) continue;
        taken.add(name);
        bytes += stored.get(name)?.storedBytes ?? 0;
      }
      frees.set(snapshot, bytes);
    }
    return frees;
  }

  /** The manifest first: without it there is no snapshot, whatever else is left. Gives those that the storage did not let go. */
  async #removeSnapshots(ids: readonly string[]): Promise<Set<string>> {
    const refused = new Set<string>();
    const { user, host, random } = this.#options;
    await writeRemoved(this.#store, ids, { user, host, nowMs: this.#nowMs, random });
    for (const snapshot of [...ids].sort()) {
      this.#options.signal.throwIfAborted();
      this.#options.onProgress(`removing snapshot ${snapshot}`);
      // Without its index, a manifest that is still there would be a snapshot of which nobody knows what it needs.
      const name = objectNames.manifest(snapshot);
      if ((await this.#store.delete(name)) === 'retained' || (await this.#store.head(name)) !== undefined) {
        refused.add(snapshot);
        this.#retained.objects += 1;
      } else await this.#removeRest(snapshot);
    }
    return refused;
  }

  /** The index goes last: as long as it is there, what is left of the snapshot is found again. */
  async #removeRest(snapshot: string): Promise<void> {
    for (const name of [objectNames.checksums(snapshot), objectNames.accepted(snapshot), objectNames.index(snapshot)])
      if ((await this.#store.delete(name)) === 'retained') this.#retained.objects += 1;
  }

  /**
   * Indexes whose snapshot was removed before, by a prune that was killed, or was never finished. The newest of a group stay, as a sign
   * that its last backup failed; so do those that may belong to a backup still at work.
   */
  async #removeLeftovers(left: readonly SurveyedSnapshot[]): Promise<void> {
    for (const one of left) {
      if (!one.orphan || this.#mayLive(one)) continue;
      this.#options.signal.throwIfAborted();
      await this.#removeRest(one.snapshot);
    }
  }

  /** Marks what no snapshot names. What is younger than the grace may belong to a backup that is not done. */
  async #mark(
    left: readonly SurveyedSnapshot[],
    stored: ReadonlyMap<string, StoredObject>,
    marks: readonly Mark[],
  ): Promise<Amount> {
    const { dryRun, user, host, random, signal } = this.#options;
    const named = this.#named(left);
    const already = new Set(marks.flatMap(({ objects }) => objects));
    const marked: Amount = { objects: 0, bytes: 0 };
    const names: string[] = [];
    for (const [name, { storedBytes, modifiedMs }] of stored) {
      if (named.has(name) || already.has(name) || this.#isYoung(modifiedMs)) continue;
      names.push(name);
      add(marked, storedBytes);
    }
    signal.throwIfAborted();
    if (!dryRun) await writeMarks(this.#store, names.sort(), { user, host, nowMs: this.#nowMs, random });
    return marked;
  }

  /** Deletes what was marked a grace ago, after another look at who names it. Without a grace also what was marked just now. */
  async #sweep(
    left: readonly SurveyedSnapshot[],
    stored: Map<string, StoredObject>,
    before: readonly Mark[],
  ): Promise<{ swept: Amount; waiting: Amount }> {
    const { dryRun, graceMs, signal, onProgress } = this.#options;
    const swept: Amount = { objects: 0, bytes: 0 };
    const waiting: Amount = { objects: 0, bytes: 0 };
    for (const mark of graceMs === 0 ? await listMarks(this.#store) : before) {
      const objects = [...new Set(mark.objects)].filter((name) => stored.has(name));
      if (graceMs > 0 && this.#nowMs - mark.markedMs < graceMs) {
        for (const name of objects) add(waiting, stored.get(name)!.storedBytes);
        continue;
      }
      signal.throwIfAborted();
      const named = this.#named(dryRun ? left : await this.#survey.look(signal));
      onProgress(`deleting ${objects.length} objects`);
      let refused = 0;
      for (const name of objects) {
        const { storedBytes, modifiedMs } = stored.get(name)!;
        // Stored again since: somebody has use for it.
        if (named.has(name) || modifiedMs > mark.markedMs) continue;
        signal.throwIfAborted();
        if (!dryRun && (await this.#store.delete(name)) === 'retained') {
          add(this.#retained, storedBytes);
          refused += 1;
          continue;
        }
        add(swept, storedBytes);
        stored.delete(name);
      }
      // What the storage does not let go is tried again next time.
      if (!dryRun && refused === 0) await this.#store.delete(mark.name);
    }
    return { swept, waiting };
  }

  /** Names that snapshots need, and orphans that may become snapshots. */
  #named(snapshots: readonly SurveyedSnapshot[]): Set<string> {
    const named = new Set<string>();
    for (const one of snapshots) {
      if (one.orphan && !this.#mayLive(one)) continue;
      for (const number of one.needs) named.add(this.#survey.table.names[number]!);
    }
    return named;
  }

  /** An orphan that may be a backup about to store its manifest, or a sign that one failed. */
  #mayLive({ storedMs, header }: SurveyedSnapshot): boolean {
    const isRecent = this.#nowMs - storedMs < Math.max(this.#options.graceMs, shortestOrphanGraceMs);
    return isRecent || (header !== undefined && this.#held.has(groupKey(groupOf(header))));
  }

  #isYoung(modifiedMs: number): boolean {
    return this.#nowMs - modifiedMs < this.#options.graceMs;
  }
}

function add(amount: Amount, bytes: number): void {
  amount.objects += 1;
  amount.bytes += bytes;
}
