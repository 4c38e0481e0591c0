import type { Phase, RunStatus, UnitStatus } from '../core/events.ts';

/**
 * The record: everything oaops remembers, in SQLite or PostgreSQL. Times are ISO UTC text, documents JSON text.
 * Every method that changes state appends to the audit chain in the same transaction.
 */
export interface RecordStore {
  runs: RunStore;
  reports: RunReports;
  locks: LockStore;
  audit: AuditLog;
  /** Facts of the domain rooms that outlive a run (drill results, verified packs ...): append-only rows by topic. */
  facts: FactStore;
  close(): Promise<void>;
}

/** Proof that the caller still owns what it writes to; a commit with an older fence than the lock's is refused. */
export interface Fence {
  lock: string;
  fence: number;
}

export interface RunRow {
  id: string;
  runbook: string;
  version: string;
  kind: string;
  procedures: string[];
  digest: string;
  status: RunStatus;
  exitCode: number | null;
  message: string | null;
  requester: string;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  /** Wake-up for `oaops tick`, ISO UTC. */
  wakeAt: string | null;
}

export interface JournalRow {
  seq: number;
  runId: string;
  step: string;
  unit: string;
  target: string;
  attempt: number;
  phase: Phase;
  /** null between intent and result. */
  status: UnitStatus | null;
  /** Arguments with references resolved but secrets redacted, as JSON. */
  args: unknown;
  result: unknown;
  message: string | null;
  /** Capped outputs kept as files of the run's folder: name, sha256, total bytes. */
  outputs: { name: string; sha256: string; totalBytes: number; truncated: boolean }[];
  startedAt: string;
  endedAt: string | null;
}

export type JournalKey = Pick<JournalRow, 'runId' | 'step' | 'unit' | 'target' | 'attempt' | 'phase'>;

export interface RunStore {
  /** Stores run and plan text in one transaction. */
  create(run: {
    id: string;
    plan: unknown;
    requester: string;
    runbook: string;
    version: string;
    kind: string;
    procedures: string[];
    digest: string;
    createdAt: string;
  }): Promise<void>;
  get(id: string): Promise<RunRow | undefined>;
  /** `id` may be an unambiguous prefix, `latest`, or the name of a runbook for its newest run. @throws OaopsError `run-not-found`, `run-ambiguous` (exit 2) */
  resolve(id: string): Promise<RunRow>;
  plan(id: string): Promise<unknown>;
  list(filter: {
    runbook?: string;
    procedure?: string;
    kind?: string;
    status?: RunStatus[];
    since?: string;
    limit?: number;
  }): Promise<RunRow[]>;
  setStatus(
    id: string,
    change: {
      status: RunStatus;
      at: string;
      exitCode?: number | null;
      message?: string | null;
      wakeAt?: string | null;
    },
    fence?: Fence,
  ): Promise<void>;
  /** Committed before the action starts; returns the row's number. */
  intent(key: JournalKey & { args: unknown; at: string }, fence: Fence): Promise<number>;
  result(
    seq: number,
    change: {
      status: UnitStatus;
      result: unknown;
      message?: string | null;
      outputs?: JournalRow['outputs'];
      at: string;
    },
    fence: Fence,
  ): Promise<void>;
  journal(id: string): Promise<JournalRow[]>;
  /** What a person said to a waiting unit, and signed approvals: rows of the run, in order. */
  addInput(row: RunInputRow): Promise<void>;
  inputs(id: string): Promise<RunInputRow[]>;
  /** Runs that wait and whose time has come. */
  dueRuns(nowIso: string): Promise<RunRow[]>;
}

/** A run as far as it counts for procedures. */
export interface CountedRun {
  id: string;
  runbook: string;
  procedures: readonly string[];
  status: RunStatus;
  requester: string;
  createdAt: string;
  endedAt: string | null;
}

/** What is asked about many runs at once. Times are ISO UTC; `until` is not included. */
export interface RunReports {
  /** Runs that name procedures, by the time they were asked for, oldest first; with `procedures`, those that name exactly one of these lists. */
  counted(filter?: {
    since?: string;
    until?: string;
    procedures?: readonly (readonly string[])[];
  }): Promise<CountedRun[]>;
  /** The last run of each runbook and its procedures; with `status`, the last that has one of these. */
  lastOfEach(filter?: { status?: readonly RunStatus[]; until?: string }): Promise<RunRow[]>;
  /** Units of these runs that wait for a person or a time. */
  waitingUnits(runs: readonly string[]): Promise<JournalRow[]>;
  /** When the first run that is still in the record was asked for. */
  firstRunAt(): Promise<string | undefined>;
}

export interface RunInputRow {
  runId: string;
  step: string;
  unit: string;
  kind: 'answer' | 'approval' | 'rejection' | 'request' | 'control';
  by: string;
  at: string;
  body: unknown;
}

export interface LockOwner {
  machineId: string;
  bootId: string;
  pid: number;
  /** Field 22 of /proc/<pid>/stat (proc(5)): tells a reused pid from the same process. */
  processStart: string;
  /** `pid:[...]` as in /proc/self/ns/pid: pids of different containers say nothing about each other. */
  pidNamespace: string;
  hostname: string;
  /** What it is for, for people: `run 20261122T...`, `backup to /srv/repo`. */
  purpose: string;
}

export interface HeldLock {
  name: string;
  fence: Fence;
  /** Fires when the lock could not be renewed in time: start nothing new. */
  lost: AbortSignal;
  release(): Promise<void>;
}

export interface LockRow {
  name: string;
  owner: LockOwner;
  fence: number;
  acquiredAt: string;
  expiresAt: string;
}

export interface LockStore {
  /**
   * Same machine: taken over at once when its process is gone, never while it lives. Other machine: after expiry, with a
   * higher fence. Renews itself in the background until released.
   * @throws OaopsError `lock-held` (exit 11) saying who and since when
   */
  acquire(name: string, purpose: string, ttlMs?: number): Promise<HeldLock>;
  list(): Promise<LockRow[]>;
  /** Whether the owner still lives, as far as it can be told from here; `elsewhere` = only expiry decides. */
  stateOf(row: LockRow): 'alive' | 'gone' | 'elsewhere';
  /** Takes the lock from its owner; the fence goes up so that the old owner can't commit. */
  break(name: string, by: string): Promise<void>;
}

export interface AuditEvent {
  at: string;
  actor: string;
  action: string;
  subject: string;
  details: unknown;
}

export interface AuditRow extends AuditEvent {
  seq: number;
  /** Hash of the row before this one. */
  prevHash: string;
  hash: string;
}

export interface AuditAnchor {
  seq: number;
  hash: string;
  at: string;
  /** Id of the record it was taken from: an anchor of another record proves nothing about this one. */
  record?: string;
  /** Armored SSH signature over `oaops-anchor <record> <seq> <hash> <at>`, when a key is configured. */
  signature?: string;
}

export interface AuditLog {
  append(event: AuditEvent): Promise<AuditRow>;
  head(): Promise<{ seq: number; hash: string }>;
  /** The unsigned anchor of the present head. */
  anchor(): Promise<AuditAnchor & { record: string }>;
  rows(from: number, to?: number): AsyncIterable<AuditRow>;
  /**
   * Checks every link, and every run, plan, journal row, input and fact against the digest the chain holds of it; with
   * anchors also that nothing before the last one was changed or cut off.
   */
  verify(anchors?: AuditAnchor[]): Promise<AuditVerdict>;
}

export interface AuditVerdict {
  state: 'anchored' | 'consistent-not-anchored' | 'altered';
  rows: number;
  /** First row found wrong. */
  brokenAt?: number;
  /** Last row that an anchor vouches for. */
  anchoredTo?: number;
  /** Every row that an anchor was compared with and found right. */
  anchoredRows?: number[];
  message: string;
}

export interface FactStore {
  add(topic: string, key: string, at: string, body: unknown): Promise<void>;
  /** As `add`, unless the topic has the key already: false then. Of several processes one gets true. */
  addOnce(topic: string, key: string, at: string, body: unknown): Promise<boolean>;
  list(
    topic: string,
    options?: { key?: string; since?: string; limit?: number; newestFirst?: boolean },
  ): Promise<{ key: string; at: string; body: unknown }[]>;
}
