/**
 * The tables of the record as queries see them. Only column types that SQLite and PostgreSQL share: text (times as ISO
 * UTC, documents as JSON), integers (0/1 for yes and no). See docs/record.md for what each table is for.
 */
export interface Tables {
  meta: MetaTable;
  chain_head: ChainHeadTable;
  audit: AuditTable;
  audit_segments: AuditSegmentTable;
  runs: RunTable;
  plans: PlanTable;
  journal: JournalTable;
  run_inputs: RunInputTable;
  locks: LockTable;
  facts: FactTable;
}

export interface MetaTable {
  key: string;
  value: string;
}

/** One row, id 1. Every writing transaction locks it first: it orders all writers of a record. */
export interface ChainHeadTable {
  id: number;
  seq: number;
  hash: string;
  /** Number and first row of the audit segment that is still open. */
  segment: number;
  segment_first: number;
  segment_prev_hash: string;
  /** Last numbers given out; kept here because identity columns differ between the two databases. */
  journal_seq: number;
  input_seq: number;
  fact_seq: number;
}

export interface AuditTable {
  seq: number;
  at: string;
  actor: string;
  action: string;
  subject: string;
  /** Canonical JSON: the exact text that is hashed. */
  details: string;
  prev_hash: string;
  hash: string;
}

export interface AuditSegmentTable {
  number: number;
  first_seq: number;
  last_seq: number;
  /** Hash of the row before the first one. */
  prev_hash: string;
  last_hash: string;
  sealed_at: string;
  /** When its rows were moved to an archive file, or null while they are here. */
  archived_at: string | null;
  archive_sha256: string | null;
}

export interface RunTable {
  id: string;
  runbook: string;
  version: string;
  kind: string;
  procedures: string;
  digest: string;
  status: string;
  exit_code: number | null;
  message: string | null;
  requester: string;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  wake_at: string | null;
}

export interface PlanTable {
  run_id: string;
  /** `schemaVersion` of the plan: decides which versions of oaops can finish the run. */
  schema_version: string | null;
  plan: string;
}

export interface JournalTable {
  seq: number;
  run_id: string;
  step: string;
  unit: string;
  target: string;
  attempt: number;
  phase: string;
  status: string | null;
  args: string;
  result: string;
  message: string | null;
  outputs: string;
  started_at: string;
  ended_at: string | null;
}

export interface RunInputTable {
  seq: number;
  run_id: string;
  step: string;
  unit: string;
  kind: string;
  by: string;
  at: string;
  body: string;
}

/** A released lock keeps its row, so that its fence never goes down. */
export interface LockTable {
  name: string;
  fence: number;
  /** JSON of a LockOwner, null when nobody holds it. */
  owner: string | null;
  acquired_at: string | null;
  expires_at: string | null;
}

export interface FactTable {
  seq: number;
  topic: string;
  key: string;
  at: string;
  body: string;
}
