import type { RunStatus } from '../core/events.ts';
import type { JournalTable, RunInputTable, RunTable } from './db/tables.ts';
import type { JournalRow, RunInputRow, RunRow } from './types.ts';

// Stored rows in their public shape. The audit chain holds digests of these shapes: a change of one needs a migration.

export function runRow(row: RunTable): RunRow {
  const { created_at, started_at, ended_at, wake_at, exit_code, procedures, status, ...same } = row;
  return {
    ...same,
    procedures: JSON.parse(procedures),
    status: status as RunStatus,
    exitCode: exit_code,
    createdAt: created_at,
    startedAt: started_at,
    endedAt: ended_at,
    wakeAt: wake_at,
  };
}

export function journalRow(row: JournalTable): JournalRow {
  const { run_id, started_at, ended_at, args, result, outputs, phase, status, ...same } = row;
  return {
    ...same,
    runId: run_id,
    phase: phase as JournalRow['phase'],
    status: status as JournalRow['status'],
    args: JSON.parse(args),
    result: JSON.parse(result),
    outputs: JSON.parse(outputs),
    startedAt: started_at,
    endedAt: ended_at,
  };
}

export function inputRow(row: RunInputTable): RunInputRow {
  const { seq: _, run_id, kind, body, ...same } = row;
  return { ...same, runId: run_id, kind: kind as RunInputRow['kind'], body: JSON.parse(body) };
}

/** `schemaVersion` that a plan names: decides which versions of oaops can finish its run. */
export function schemaVersionOf(plan: unknown): string | null {
  if (plan !== null && typeof plan === 'object' && 'schemaVersion' in plan && typeof plan.schemaVersion === 'string')
    return plan.schemaVersion;
  return null;
}
