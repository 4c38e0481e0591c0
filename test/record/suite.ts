import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenedRecord, openRecord, type RecordOptions } from '../../src/record/open.ts';
import type { HeldLock } from '../../src/record/types.ts';
import { type PostgresServer, postgresBin, startPostgres } from '../helpers/postgres.ts';
import { recordOptions } from './suite-options.ts';

export const dialects = ['sqlite', ...(postgresBin() ? (['postgres'] as const) : [])] as const;
export type DialectUnderTest = (typeof dialects)[number];

/** Where the record of one test lies; made by a `Bench`. */
export interface Place {
  stateDir: string;
  url?: string;
  /** SQL behind the record's back, as somebody who tampers with it would do. */
  sql(script: string): Promise<void>;
}

/** Makes empty records of one dialect and cleans up. */
export class Bench {
  readonly #dialect: DialectUnderTest;
  readonly #dirs: string[] = [];
  readonly #open: OpenedRecord[] = [];
  server: PostgresServer | undefined;

  constructor(dialect: DialectUnderTest) {
    this.#dialect = dialect;
  }

  async start(): Promise<void> {
    if (this.#dialect === 'postgres') this.server = await startPostgres();
  }

  async place(): Promise<Place> {
    const stateDir = mkdtempSync(join(tmpdir(), 'oaops-record-'));
    this.#dirs.push(stateDir);
    const server = this.server;
    if (!server) {
      return {
        stateDir,
        sql: async (script) => {
          const { default: Sqlite } = await import('better-sqlite3');
          const db = new Sqlite(join(stateDir, 'record/record.db'), { timeout: 10_000 });
          db.exec(script);
          db.close();
        },
      };
    }
    const url = await server.createDatabase();
    return { stateDir, url, sql: async (script) => void server.sql(url, script) };
  }

  async open(place: Place, options: Partial<RecordOptions> = {}): Promise<OpenedRecord> {
    const record = await openRecord({ ...recordOptions(place), ...options });
    this.#open.push(record);
    return record;
  }

  async closeAll(): Promise<void> {
    for (const record of this.#open.splice(0)) await record.close().catch(() => {});
  }

  async stop(): Promise<void> {
    await this.closeAll();
    await this.server?.stop();
    for (const dir of this.#dirs) rmSync(dir, { recursive: true, force: true });
  }
}

let count = 0;

/** A run with a plan, as the engine would store it. */
export async function storeRun(
  record: OpenedRecord,
  overrides: Partial<Parameters<OpenedRecord['runs']['create']>[0]> = {},
): Promise<string> {
  count += 1;
  const id =
    overrides.id ?? `20261122T0800${String(count % 60).padStart(2, '0')}Z-${count.toString(16).padStart(8, '0')}`;
  const createdAt = '2026-11-22T08:00:00.000Z';
  await record.runs.create({
    id,
    plan: { planVersion: 1, schemaVersion: '1.0', digest: 'd'.repeat(64) },
    requester: 'alice',
    runbook: 'oa-hotfix',
    version: '1.4.0',
    kind: 'Procedure',
    procedures: ['UP-05', 'UP-06'],
    digest: 'd'.repeat(64),
    createdAt,
    ...overrides,
  });
  return id;
}

export async function storeUnit(
  record: OpenedRecord,
  runId: string,
  lock: HeldLock,
  step = 'copy',
  attempt = 1,
): Promise<number> {
  const at = '2026-11-22T08:00:01.000Z';
  const seq = await record.runs.intent(
    { runId, step, unit: 'localhost', target: 'localhost', attempt, phase: 'do', args: { from: '/源', n: 1 }, at },
    lock.fence,
  );
  await record.runs.result(seq, { status: 'ok', result: { files: 3 }, message: null, at }, lock.fence);
  return seq;
}
