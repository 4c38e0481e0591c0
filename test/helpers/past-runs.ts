import type { RunStatus } from '../../src/core/events.ts';
import type { OpenedRecord } from '../../src/record/open.ts';

export interface PastRun {
  /** ISO; the id is made of it. */
  at: string;
  procedures: string[];
  runbook?: string;
  kind?: string;
  status?: RunStatus;
  /** ISO; default five minutes later. */
  ended?: string;
  by?: string;
  message?: string;
  wakeAt?: string;
}

let number = 0;

/** Puts a run of the past into a record, as the engine would have left it. Gives its id. */
export async function pastRun({ runs }: OpenedRecord, past: PastRun): Promise<string> {
  const { at, procedures, runbook = 'inspect-daily', kind = 'Procedure', status = 'ok', by = '王芳' } = past;
  const begun = new Date(at).toISOString();
  number += 1;
  const id = `${begun.slice(0, 19).replaceAll(/[-:]/g, '')}Z-${number.toString(16).padStart(8, '0')}`;
  const digest = 'd'.repeat(64);
  const plan = { planVersion: 1, schemaVersion: '1.0', digest };
  await runs.create({ id, plan, requester: by, runbook, version: '1.0.0', kind, procedures, digest, createdAt: begun });
  await runs.setStatus(id, { status: 'running', at: begun });
  if (status === 'running') return id;
  const ended = past.ended ?? new Date(Date.parse(begun) + 300_000).toISOString();
  const { message, wakeAt } = past;
  await runs.setStatus(id, {
    status,
    at: new Date(ended).toISOString(),
    ...(message === undefined ? {} : { message }),
    ...(wakeAt === undefined ? {} : { wakeAt: new Date(wakeAt).toISOString() }),
  });
  return id;
}
