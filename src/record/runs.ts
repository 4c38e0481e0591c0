import { type RawBuilder, sql } from 'kysely';
import { OaopsError, usageError } from '../core/errors.ts';
import { digestOf } from '../core/json.ts';
import { canonicalText } from './audit/chain.ts';
import { cleanText, type Database, type WriteTransaction } from './db/database.ts';
import { openStatuses } from './db/migrate.ts';
import type { DialectName } from './db/migrations.ts';
import type { JournalTable, RunInputTable, RunTable } from './db/tables.ts';
import { inputRow, journalRow, runRow, schemaVersionOf } from './rows.ts';
import type { Fence, JournalRow, RunInputRow, RunRow, RunStore } from './types.ts';

const open: readonly string[] = openStatuses;

/** Unit statuses after which the same journal row may still be given a result: it was not the last word. */
const provisional: readonly string[] = ['waiting', 'unknown'];

/** Runs, their plans, journals and inputs. Each change writes the digest of the changed row into the audit chain. */
export class SqlRunStore implements RunStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(run: Parameters<RunStore['create']>[0]): Promise<void> {
    const plan = canonicalText(run.plan);
    const stored: RunTable = {
      id: run.id,
      runbook: cleanText(run.runbook),
      version: cleanText(run.version),
      kind: run.kind,
      procedures: canonicalText(run.procedures),
      digest: run.digest,
      status: 'running',
      exit_code: null,
      message: null,
      requester: cleanText(run.requester),
      created_at: run.createdAt,
      started_at: null,
      ended_at: null,
      wake_at: null,
    };
    await this.#database.write(async (tx) => {
      const taken = await tx.db.selectFrom('runs').select('id').where('id', '=', run.id).executeTakeFirst();
      if (taken) throw new OaopsError('run-exists', `there is already a run ${run.id}`);
      await tx.db.insertInto('runs').values(stored).execute();
      await tx.db
        .insertInto('plans')
        .values({ run_id: run.id, schema_version: schemaVersionOf(run.plan), plan })
        .execute();
      const row = runRow(stored);
      await tx.audit({
        action: 'run.created',
        subject: run.id,
        details: {
          runbook: row.runbook,
          version: row.version,
          digest: row.digest,
          planSha256: digestOf(JSON.parse(plan)),
          rowSha256: digestOf(row),
        },
      });
    });
  }

  async get(id: string): Promise<RunRow | undefined> {
    const row = await this.#database.read((db) =>
      db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return row && runRow(row);
  }

  async resolve(id: string): Promise<RunRow> {
    const rows = await this.#database.read(async (db) => {
      // An empty id is a variable that was not set, not the only run there is.
      if (id === '') return [];
      const query = db.selectFrom('runs').selectAll().limit(5);
      if (id === 'latest') return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1).execute();
      const begun = await query
        .where('id', '>=', cleanText(id))
        .where('id', '<', `${cleanText(id)}\u{10ffff}`)
        .orderBy('id')
        .execute();
      if (begun.length > 0) return begun;
      const named = db.selectFrom('runs').selectAll().where('runbook', '=', cleanText(id)).limit(1);
      return named.orderBy('created_at', 'desc').orderBy('id', 'desc').execute();
    });
    const exact = rows.find((row) => row.id === id);
    const only = exact ?? (rows.length === 1 ? rows[0] : undefined);
    if (only) return runRow(only);
    if (rows.length > 1) {
      throw usageError('run-ambiguous', `"${id}" can mean several runs: ${rows.map((row) => row.id).join(', ')}`, {
        next: 'Write more of the id.',
      });
    }
    throw usageError('run-not-found', id === 'latest' ? 'there is no run yet' : `there is no run "${id}"`, {
      next: 'List them with "oaops runs list".',
    });
  }

  async plan(id: string): Promise<unknown> {
    const row = await this.#database.read((db) =>
      db.selectFrom('plans').select('plan').where('run_id', '=', id).executeTakeFirst(),
    );
    if (!row) throw runNotFound(id);
    return JSON.parse(row.plan);
  }

  async list(filter: Parameters<RunStore['list']>[0]): Promise<RunRow[]> {
    const rows = await this.#database.read((db) => {
      let query = db.selectFrom('runs').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc');
      if (filter.runbook !== undefined) query = query.where('runbook', '=', cleanText(filter.runbook));
      // Not LIKE: its wildcards would have to be escaped, and SQLite's doesn't tell capitals from small letters.
      if (filter.procedure !== undefined)
        query = query.where(placeOf(this.#database.dialect, JSON.stringify(filter.procedure)), '>', 0);
      if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
      if (filter.status !== undefined)
        query = query.where('status', 'in', filter.status.length > 0 ? filter.status : ['']);
      if (filter.since !== undefined) query = query.where('created_at', '>=', filter.since);
      if (filter.limit !== undefined) query = query.limit(filter.limit);
      return query.execute();
    });
    return rows.map(runRow);
  }

  async setStatus(id: string, change: Parameters<RunStore['setStatus']>[1], fence?: Fence): Promise<void> {
    await this.#database.write(async (tx) => {
      if (fence) await tx.checkFence(fence);
      const row = await tx.db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) throw runNotFound(id);
      const changed = changedRun(row, change);
      await tx.db.updateTable('runs').set(changed).where('id', '=', id).execute();
      await tx.audit({
        action: 'run.status',
        subject: id,
        details: { status: changed.status, exitCode: changed.exit_code, rowSha256: digestOf(runRow(changed)) },
      });
    });
  }

  async intent(key: Parameters<RunStore['intent']>[0], fence: Fence): Promise<number> {
    return this.#database.write(async (tx) => {
      await tx.checkFence(fence);
      const unit = {
        run_id: key.runId,
        step: key.step,
        unit: cleanText(key.unit),
        target: cleanText(key.target),
        attempt: key.attempt,
        phase: key.phase,
      };
      await this.#refuseSecondIntent(tx, unit);
      const stored: JournalTable = {
        seq: tx.next('journal_seq'),
        ...unit,
        status: null,
        args: canonicalText(key.args),
        result: 'null',
        message: null,
        outputs: '[]',
        started_at: key.at,
        ended_at: null,
      };
      await tx.db.insertInto('journal').values(stored).execute();
      const { step, target, attempt, phase } = stored;
      await tx.audit({
        action: 'unit.intent',
        subject: key.runId,
        details: {
          seq: stored.seq,
          step,
          unit: stored.unit,
          target,
          attempt,
          phase,
          rowSha256: digestOf(journalRow(stored)),
        },
      });
      return stored.seq;
    });
  }

  async result(seq: number, change: Parameters<RunStore['result']>[1], fence: Fence): Promise<void> {
    await this.#database.write(async (tx) => {
      await tx.checkFence(fence);
      const row = await tx.db.selectFrom('journal').selectAll().where('seq', '=', seq).executeTakeFirst();
      if (!row) throw new OaopsError('journal-row-missing', `the journal has no row ${seq}`);
      if (row.status !== null && !provisional.includes(row.status)) {
        throw new OaopsError('journal-row-closed', `journal row ${seq} has its result already (${row.status})`);
      }
      const changed: JournalTable = {
        ...row,
        status: change.status,
        result: canonicalText(change.result),
        message: change.message == null ? null : cleanText(change.message),
        outputs: change.outputs === undefined ? row.outputs : canonicalText(change.outputs),
        ended_at: change.at,
      };
      const { seq: _, ...set } = changed;
      await tx.db.updateTable('journal').set(set).where('seq', '=', seq).execute();
      await tx.audit({
        action: 'unit.result',
        subject: row.run_id,
        details: { seq, status: change.status, rowSha256: digestOf(journalRow(changed)) },
      });
    });
  }

  async journal(id: string): Promise<JournalRow[]> {
    const rows = await this.#database.read((db) =>
      db.selectFrom('journal').selectAll().where('run_id', '=', id).orderBy('seq').execute(),
    );
    return rows.map(journalRow);
  }

  async addInput(row: RunInputRow): Promise<void> {
    await this.#database.write(async (tx) => {
      const run = await tx.db.selectFrom('runs').select('id').where('id', '=', row.runId).executeTakeFirst();
      if (!run) throw runNotFound(row.runId);
      const stored: RunInputTable = {
        seq: tx.next('input_seq'),
        run_id: row.runId,
        step: row.step,
        unit: cleanText(row.unit),
        kind: row.kind,
        by: cleanText(row.by),
        at: row.at,
        body: canonicalText(row.body),
      };
      await tx.db.insertInto('run_inputs').values(stored).execute();
      const { seq, step, unit, kind, by } = stored;
      await tx.audit({
        action: 'run.input',
        subject: row.runId,
        details: { seq, step, unit, kind, by, rowSha256: digestOf(inputRow(stored)) },
      });
    });
  }

  async inputs(id: string): Promise<RunInputRow[]> {
    const rows = await this.#database.read((db) =>
      db.selectFrom('run_inputs').selectAll().where('run_id', '=', id).orderBy('seq').execute(),
    );
    return rows.map(inputRow);
  }

  async dueRuns(nowIso: string): Promise<RunRow[]> {
    const rows = await this.#database.read((db) =>
      db
        .selectFrom('runs')
        .selectAll()
        .where('status', '=', 'waiting')
        .where('wake_at', 'is not', null)
        .where('wake_at', '<=', nowIso)
        .orderBy('wake_at')
        .execute(),
    );
    return rows.map(runRow);
  }

  async #refuseSecondIntent(
    tx: WriteTransaction,
    unit: Pick<JournalTable, 'run_id' | 'step' | 'unit' | 'target' | 'attempt' | 'phase'>,
  ): Promise<void> {
    let query = tx.db.selectFrom('journal').select('seq');
    for (const [column, value] of Object.entries(unit)) query = query.where(column as keyof JournalTable, '=', value);
    const taken = await query.executeTakeFirst();
    if (!taken) return;
    throw new OaopsError(
      'journal-attempt-exists',
      `attempt ${unit.attempt} of ${unit.step}/${unit.unit} (${unit.phase}) is in the journal already, as row ${taken.seq}`,
    );
  }
}

/** The row after a change of status: begin and end times follow the status. */
function changedRun(row: RunTable, change: Parameters<RunStore['setStatus']>[1]): RunTable {
  const ended = !open.includes(change.status);
  const again = change.status === 'running';
  return {
    ...row,
    status: change.status,
    started_at: row.started_at ?? (change.status === 'refused' ? null : change.at),
    ended_at: ended ? change.at : null,
    exit_code: change.exitCode === undefined ? (again ? null : row.exit_code) : change.exitCode,
    message:
      change.message === undefined
        ? again
          ? null
          : row.message
        : change.message === null
          ? null
          : cleanText(change.message),
    wake_at: change.wakeAt === undefined ? (change.status === 'waiting' ? row.wake_at : null) : change.wakeAt,
  };
}

function runNotFound(id: string): OaopsError {
  return usageError('run-not-found', `there is no run "${id}"`, { next: 'List them with "oaops runs list".' });
}

/** Where `part` begins in the procedures of a run, from 1; 0 when it is not there. */
function placeOf(dialect: DialectName, part: string): RawBuilder<number> {
  return dialect === 'sqlite' ? sql<number>`instr(procedures, ${part})` : sql<number>`strpos(procedures, ${part})`;
}
