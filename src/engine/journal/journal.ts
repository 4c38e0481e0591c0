import type { Clock } from '../../core/clock.ts';
import { isoTime } from '../../core/clock.ts';
import type { Phase, UnitStatus } from '../../core/events.ts';
import type { Redactor } from '../../core/redaction.ts';
import type { Fence, JournalRow, RunInputRow, RunStore } from '../../record/types.ts';
import { type Control, JournalView } from './journal-state.ts';

/** What is written when an attempt ends. */
export interface RowEnd {
  status: UnitStatus;
  result: Record<string, unknown>;
  message?: string;
  outputs?: JournalRow['outputs'];
}

/** Writes a run's journal: first to the record under the run's fence, then to the view that decisions are made by. */
export class Journal {
  readonly view: JournalView;
  readonly #runs: RunStore;
  readonly #runId: string;
  readonly #fence: Fence;
  readonly #clock: Clock;
  readonly #redactor: Redactor;

  private constructor(
    view: JournalView,
    parts: { runs: RunStore; runId: string; fence: Fence; clock: Clock; redactor: Redactor },
  ) {
    this.view = view;
    this.#runs = parts.runs;
    this.#runId = parts.runId;
    this.#fence = parts.fence;
    this.#clock = parts.clock;
    this.#redactor = parts.redactor;
  }

  static async open(parts: {
    runs: RunStore;
    runId: string;
    fence: Fence;
    clock: Clock;
    redactor: Redactor;
  }): Promise<Journal> {
    const view = new JournalView(await parts.runs.journal(parts.runId), await parts.runs.inputs(parts.runId));
    return new Journal(view, parts);
  }

  /** Commits the intent of one attempt; the effect may begin only when this has returned. */
  async intent(key: {
    step: string;
    unit: string;
    target: string;
    phase: Phase;
    args: unknown;
    attempt?: number;
  }): Promise<JournalRow> {
    const attempt = key.attempt ?? this.view.nextAttempt(key.step, key.unit, key.phase);
    const at = this.#now();
    const args = this.#redactor.redactValue(plain(key.args));
    const unit = { runId: this.#runId, step: key.step, unit: key.unit, target: key.target, attempt, phase: key.phase };
    const seq = await this.#runs.intent({ ...unit, args, at }, this.#fence);
    const row: JournalRow = {
      ...unit,
      seq,
      status: null,
      args,
      result: null,
      message: null,
      outputs: [],
      startedAt: at,
      endedAt: null,
    };
    this.view.add(row);
    return row;
  }

  /** Commits how an attempt ended. The stored result is redacted; everything later is computed from the stored one. */
  async end(row: JournalRow, end: RowEnd): Promise<JournalRow> {
    const at = this.#now();
    const result = this.#redactor.redactValue(plain(end.result)) as Record<string, unknown>;
    const message = end.message === undefined ? null : this.#redactor.redact(end.message);
    const outputs = end.outputs ?? [];
    await this.#runs.result(row.seq, { status: end.status, result, message, outputs, at }, this.#fence);
    return Object.assign(row, { status: end.status, result, message, outputs, endedAt: at });
  }

  /** Ends an open row, or adds one of its own when the row has a status already: rows are never rewritten. */
  async settle(row: JournalRow, end: RowEnd): Promise<JournalRow> {
    if (row.status === null) return this.end(row, end);
    const added = await this.intent({
      step: row.step,
      unit: row.unit,
      target: row.target,
      phase: row.phase,
      args: { settles: row.seq },
    });
    return this.end(added, end);
  }

  async addInput(input: Omit<RunInputRow, 'runId' | 'at'>): Promise<void> {
    await this.#runs.addInput({
      ...input,
      runId: this.#runId,
      at: this.#now(),
      body: this.#redactor.redactValue(plain(input.body)),
    });
    await this.refreshInputs();
  }

  async addControl(by: string, control: Control): Promise<void> {
    await this.addInput({ step: '', unit: '', kind: 'control', by, body: control });
  }

  async refreshInputs(): Promise<void> {
    this.view.inputs = await this.#runs.inputs(this.#runId);
  }

  #now(): string {
    return isoTime(this.#clock.nowMs());
  }
}

/** As it comes back from JSON: no undefined, no class instances; integers beyond 2^53 as text. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)),
  ) as unknown;
}
