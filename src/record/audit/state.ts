import type { Kysely } from 'kysely';
import { messageOf } from '../../core/errors.ts';
import { digestOf, sha256Hex } from '../../core/json.ts';
import type { AuditTable, FactTable, PlanTable, Tables } from '../db/tables.ts';
import { inputRow, journalRow, runRow, schemaVersionOf } from '../rows.ts';
import { runOfTopic } from '../run-facts.ts';
import { canonicalText } from './chain.ts';
import { RecordedLocks } from './lock-state.ts';

const chunkRows = 2000;

interface Expected {
  digest: string;
  /** Audit row that said so. */
  auditSeq: number;
  runId: string;
}

export interface StateFault {
  seq: number;
  message: string;
}

/**
 * What the chain says about the tables beside it: the last digest of every run, plan, journal row, input and fact, and the
 * last fence of every lock.
 * Compared with the tables it finds a row that was edited, added or removed behind the chain's back.
 */
export class RecordedState {
  /**
   * False when the first rows of the chain lie in an archive. Facts that nothing is known about may then be older than the
   * first one that is told of; runs with all that belongs to them are not: no segment is archived in which one began.
   */
  complete = true;
  #firstFact = Number.POSITIVE_INFINITY;
  /** Details of the rows that tell of archived segments, by number. */
  readonly archived = new Map<number, Details>();
  /** Ids under which the record was made: one, unless somebody took it away. */
  readonly recordIds: string[] = [];
  /** The highest numbers that were given to rows. */
  readonly numbers = { journal_seq: 0, input_seq: 0, fact_seq: 0 };
  readonly #runs = new Map<string, Expected>();
  readonly #plans = new Map<string, Expected>();
  readonly #journal = new Map<number, Expected>();
  readonly #inputs = new Map<number, Expected>();
  readonly #facts = new Map<number, Expected>();
  readonly #prunedRuns = new Set<string>();
  readonly #locks = new RecordedLocks();

  /** Takes in the next row of the chain. */
  note(row: AuditTable): void {
    this.#locks.note(row);
    const note = noters[row.action];
    if (note) note(this, row, JSON.parse(row.details));
  }

  noteFact(seq: number, digest: string, row: AuditTable): void {
    this.#firstFact = Math.min(this.#firstFact, seq);
    this.numbers.fact_seq = Math.max(this.numbers.fact_seq, seq);
    this.#facts.set(seq, { digest, auditSeq: row.seq, runId: row.subject });
  }

  static expect(map: 'runs' | 'plans' | 'journal' | 'inputs') {
    return (state: RecordedState, key: string | number, digest: unknown, row: AuditTable) => {
      const maps = {
        runs: state.#runs,
        plans: state.#plans,
        journal: state.#journal,
        inputs: state.#inputs,
      };
      const counter = ({ journal: 'journal_seq', inputs: 'input_seq', runs: null, plans: null } as const)[map];
      if (counter) state.numbers[counter] = Math.max(state.numbers[counter], Number(key));
      (maps[map] as Map<string | number, Expected>).set(key, {
        digest: String(digest),
        auditSeq: row.seq,
        runId: row.subject,
      });
    };
  }

  pruned(runs: string[]): void {
    for (const run of runs) this.#prunedRuns.add(run);
  }

  /** The first difference between the tables and what the chain says, or undefined. */
  async compare(db: Kysely<Tables>): Promise<StateFault | undefined> {
    this.#locks.complete &&= this.complete;
    for (const run of this.#prunedRuns) {
      this.#runs.delete(run);
      this.#plans.delete(run);
    }
    for (const map of [this.#journal, this.#inputs]) {
      for (const [key, { runId }] of map) if (this.#prunedRuns.has(runId)) map.delete(key);
    }
    for (const [key, { runId: topic }] of this.#facts) {
      const run = runOfTopic(topic);
      if (run !== undefined && this.#prunedRuns.has(run)) this.#facts.delete(key);
    }
    const runs = await db.selectFrom('runs').selectAll().execute();
    for (const row of runs) {
      const fault = this.#check(this.#runs, row.id, digestOfRow(runRow, row, ['procedures']), `run ${row.id}`);
      if (fault) return fault;
    }
    return (
      this.#missing(this.#runs, (id) => `run ${id}`) ??
      (await this.#compareTexts(
        db,
        runs.map((row) => row.id),
      )) ??
      (await this.#compareNumbered(this.#journal, 'row of the journal', async (after) => {
        const rows = await db
          .selectFrom('journal')
          .selectAll()
          .where('seq', '>', after)
          .orderBy('seq')
          .limit(chunkRows)
          .execute();
        return rows.map((row) => ({
          seq: row.seq,
          digest: digestOfRow(journalRow, row, ['args', 'result', 'outputs']),
        }));
      })) ??
      (await this.#compareNumbered(this.#inputs, 'input', async (after) => {
        const rows = await db
          .selectFrom('run_inputs')
          .selectAll()
          .where('seq', '>', after)
          .orderBy('seq')
          .limit(chunkRows)
          .execute();
        return rows.map((row) => ({ seq: row.seq, digest: digestOfRow(inputRow, row, ['body']) }));
      })) ??
      (await this.#compareNumbered(this.#facts, 'fact', async (after) => {
        const rows = await db
          .selectFrom('facts')
          .selectAll()
          .where('seq', '>', after)
          .orderBy('seq')
          .limit(chunkRows)
          .execute();
        return rows.map((row) => ({ seq: row.seq, digest: this.#factDigest(row) }));
      })) ??
      (await this.#locks.compare(db))
    );
  }

  async #compareTexts(db: Kysely<Tables>, runIds: string[]): Promise<StateFault | undefined> {
    // One at a time: plans hold whole runbooks and inventories.
    for (const id of runIds) {
      const row = await db.selectFrom('plans').selectAll().where('run_id', '=', id).executeTakeFirst();
      const fault = row && this.#check(this.#plans, id, planDigest(row), `the plan of run ${id}`);
      if (fault) return fault;
    }
    const strange = await db
      .selectFrom('plans')
      .select('run_id')
      .where('run_id', 'not in', db.selectFrom('runs').select('id'))
      .limit(1)
      .executeTakeFirst();
    if (strange) return { seq: 0, message: `the plan of run ${strange.run_id} was added without the audit chain` };
    return this.#missing(this.#plans, (id) => `the plan of run ${id}`);
  }

  async #compareNumbered(
    expected: Map<number, Expected>,
    what: string,
    next: (after: number) => Promise<{ seq: number; digest: string }[]>,
  ): Promise<StateFault | undefined> {
    // Numbers begin at 1; what somebody put before it must not be overlooked.
    for (let after = Number.MIN_SAFE_INTEGER; ; ) {
      const rows = await next(after);
      for (const row of rows) {
        const fault = this.#check(expected, row.seq, row.digest, `${what} ${row.seq}`);
        if (fault) return fault;
      }
      const last = rows.at(-1);
      if (!last || rows.length < chunkRows) break;
      after = last.seq;
    }
    return this.#missing(expected, (seq) => `${what} ${seq}`);
  }

  /** Facts of the first versions: the chain tells topic, key and body, but not the time. */
  #factDigest(row: FactTable): string {
    const told = this.#facts.get(row.seq)?.digest;
    return told?.startsWith(bodyOnly) ? bodyDigest(row.topic, row.key, sha256Hex(row.body)) : digestOf(row);
  }

  #check<K>(map: Map<K, Expected>, key: K, digest: string, what: string): StateFault | undefined {
    const expected = map.get(key);
    map.delete(key);
    if (!expected) {
      const older = !this.complete && (map as unknown) === this.#facts && Number(key) < this.#firstFact;
      return older ? undefined : { seq: 0, message: `${what} was added without the audit chain` };
    }
    if (expected.digest === digest) return undefined;
    return {
      seq: expected.auditSeq,
      message: `${what} is not what row ${expected.auditSeq} of the audit chain says: it was altered`,
    };
  }

  #missing<K>(map: Map<K, Expected>, what: (key: K) => string): StateFault | undefined {
    const [left] = map;
    return (
      left && {
        seq: left[1].auditSeq,
        message: `${what(left[0])}, of which row ${left[1].auditSeq} of the audit chain tells, is gone`,
      }
    );
  }
}

/**
 * Digest of a row in its public shape. `documents` are its columns of JSON: they must be the very text that was written. A
 * row that somebody made unreadable is a row that was altered.
 */
function digestOfRow<T>(shape: (row: T) => unknown, row: T, documents: (keyof T)[]): string {
  try {
    const rewritten = documents.find((column) => row[column] !== canonicalText(JSON.parse(String(row[column]))));
    if (rewritten !== undefined) return 'rewritten';
    return digestOf(shape(row));
  } catch (error) {
    return `unreadable: ${messageOf(error)}`;
  }
}

/** The chain holds the digest of the plan alone; the column beside it must say the same as the plan. */
function planDigest(row: PlanTable): string {
  const whole = typeof row.plan === 'string' && row.schema_version === schemaVersionIn(row.plan);
  return whole ? sha256Hex(row.plan) : 'rewritten';
}

function schemaVersionIn(plan: string): string | null {
  try {
    return schemaVersionOf(JSON.parse(plan));
  } catch {
    return null;
  }
}

const bodyOnly = 'body ';

function bodyDigest(topic: string, key: unknown, bodySha256: unknown): string {
  return `${bodyOnly}${JSON.stringify([topic, key, bodySha256])}`;
}

type Details = Record<string, unknown>;

const run = RecordedState.expect('runs');
const plan = RecordedState.expect('plans');
const journal = RecordedState.expect('journal');
const input = RecordedState.expect('inputs');

/** Which digests the rows of an action hold; other actions tell nothing about tables. */
const noters: Record<string, (state: RecordedState, row: AuditTable, details: Details) => void> = {
  'run.created': (state, row, details) => {
    run(state, row.subject, details['rowSha256'], row);
    plan(state, row.subject, details['planSha256'], row);
  },
  'run.status': (state, row, details) => run(state, row.subject, details['rowSha256'], row),
  'unit.intent': (state, row, details) => journal(state, Number(details['seq']), details['rowSha256'], row),
  'unit.result': (state, row, details) => journal(state, Number(details['seq']), details['rowSha256'], row),
  'run.input': (state, row, details) => input(state, Number(details['seq']), details['rowSha256'], row),
  'fact.added': (state, row, details) =>
    state.noteFact(
      Number(details['seq']),
      typeof details['rowSha256'] === 'string'
        ? details['rowSha256']
        : bodyDigest(row.subject, details['key'], details['bodySha256']),
      row,
    ),
  'record.pruned': (state, _row, details) => {
    if (Array.isArray(details['runs'])) state.pruned(details['runs'].map(String));
  },
  'audit.archived': (state, _row, details) => {
    state.archived.set(Number(details['number']), details);
  },
  'record.created': (state, row) => void state.recordIds.push(row.subject),
};
