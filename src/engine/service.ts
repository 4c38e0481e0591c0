import { isoTime } from '../core/clock.ts';
import { OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { newId } from '../core/ids.ts';
import type { Fence, JournalRow, RunRow } from '../record/types.ts';
import { refuseBeside, waitsForSamples } from './beside.ts';
import type { EngineDeps } from './deps.ts';
import {
  type Control,
  type Decision,
  isFailure,
  JournalView,
  type UndoRequest,
  unitPath,
} from './journal/journal-state.ts';
import { withRunLocks } from './locks.ts';
import { newerRollouts, newerThanOpenBatches, refuseNewer, refuseOverNewer } from './newer.ts';
import type { Requester } from './people/approvals.ts';
import type { Plan } from './plan/plan-types.ts';
import { canFinishPlan } from './plan/plan-version.ts';
import { isTriedAgain, refuseRedo, toBeRedone } from './redo.ts';
import { cleanupDone, cleanupLeft, onlyTells } from './run/cleanup.ts';
import { execute } from './run/execute.ts';
import { endOf, type RunEnd } from './run/outcome.ts';
import { cleanupOver, closed, isLockHeld, refuseEmptyUndo, refuseUnknownBatch, runOver } from './service-refusals.ts';
import { type TickResult, tick } from './tick.ts';
import { undoCommand } from './undo-command.ts';
import { abortAsked, isCutOff, isHeld, isWatching } from './watching.ts';

/** How the process asks a run to stop: first and second signal. */
export interface StopSignals {
  stop?: AbortSignal;
  kill?: AbortSignal;
}

/** What commands can do with runs. Each method takes the locks it needs. */
export class Engine {
  readonly #deps: EngineDeps;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
  }

  /**
   * Stores and executes a plan. `beside`: why a rollout begins although another one of its runbook is not over. `id`: of the run, where somebody has
   * written it down already; of several that come with the same one, one begins.
   * @throws OaopsError `lock-held` (exit 11) when a run of the same runbook is under way, `rollout-open` (exit 4), `run-exists`
   */
  async start(
    plan: Plan,
    requester: Requester,
    options: StopSignals & { beside?: string; id?: string } = {},
  ): Promise<RunEnd> {
    const { record, clock, random } = this.#deps;
    await this.#deps.askSecrets?.(plan);
    const id = options.id ?? newId(clock.nowMs(), random);
    return withRunLocks(record, { id, runbook: plan.runbook.name }, async (fence, lost, inputsBefore) => {
      const beside = await refuseBeside(record, plan, options.beside);
      const { name, version, kind, procedures } = plan.runbook;
      const createdAt = isoTime(clock.nowMs());
      await record.runs.create({
        id,
        plan,
        requester: requester.name,
        runbook: name,
        version,
        kind,
        procedures,
        digest: plan.digest,
        createdAt,
      });
      if (requester.keyFingerprint) {
        await record.runs.addInput({
          runId: id,
          step: '',
          unit: '',
          kind: 'request',
          by: requester.name,
          at: createdAt,
          body: { keyFingerprint: requester.keyFingerprint },
        });
      }
      if (beside) await this.#control(id, { action: 'beside', ...beside });
      const warnings = beside ? [`begun beside ${beside.runs.join(', ')}: ${beside.reason}`] : [];
      const row = (await record.runs.get(id))!;
      const given = { row, plan, resumed: false, inputsBefore, warnings };
      return execute(this.#deps, { ...given, fence, lost, ...signalsOf(options) });
    });
  }

  /**
   * Goes on with a run from its journal, by its stored plan. A run that had ended badly tries its failed units again; one that was asked to end for good
   * is brought to that end, and nothing else.
   * `redo`: batches that a person had taken back, and that are to be done again. `beside`: why a rollout goes on although a newer one reached the same.
   * @throws OaopsError `run-over`, `redo-unsaid`, `rollout-newer` (exit 4), `lock-held` (exit 11), `unit-not-unknown` (exit 2)
   */
  async resume(
    runId: string,
    options: StopSignals & {
      decision?: { step: string; unit: string; as: Decision['as'] };
      dueOnly?: boolean;
      redo?: readonly number[];
      beside?: string | undefined;
    } = {},
  ): Promise<RunEnd> {
    const found = await this.#deps.record.runs.resolve(runId);
    const beside = options.dueOnly === true && (() => waitsForSamples(this.#deps.record, found.id));
    return withRunLocks(this.#deps.record, { ...found, beside }, async (fence, lost, inputsBefore, alone) => {
      // Read again under the lock: another process may have gone on in between.
      const row = (await this.#deps.record.runs.get(found.id))!;
      if (closed.includes(row.status)) throw runOver(row, 'there is nothing to resume');
      const waits = row.status === 'waiting' && row.wakeAt !== null;
      const view = await this.#view(row.id);
      if (options.dueOnly && !waits && !isCutOff(row, (await this.#deps.record.runs.plan(row.id)) as Plan, view))
        return endOf(row);
      // Said while a process was at its last commit, or cut off in its cleanup: what was to end for good does.
      const aborted = abortAsked(view);
      // Its cleanup can touch what the other run of the runbook works on.
      if (aborted && !alone) return endOf(row);
      if (aborted) return this.#endAborted(row, aborted.reason, { fence, lost, ...signalsOf(options) });
      if (options.dueOnly && isHeld(view)) return endOf(row);
      const plan = await this.#storedPlan(row);
      const again = refuseRedo(row, plan, view, options.redo ?? []);
      await this.#refuseOverNewer(row, plan, view, { ...options, redo: again, samplesOnly: !alone });
      if (view.paused() && !options.dueOnly) await this.#control(row.id, { action: 'unpause' });
      // An undo that failed is tried again, as it can be asked for again.
      const undoes = row.status === 'undo-failed' && view.undoRequest() !== undefined;
      if (row.status !== 'running' && !undoes && !onlyTells(plan) && cleanupDone(plan, view))
        throw cleanupOver(row, plan);
      if (options.decision) await this.#decide(row, view, options.decision);
      // What a batch that is done again does to the system is measured again.
      if (isTriedAgain(row) || again.length > 0)
        await this.#control(row.id, { action: 'retry-failed', seq: view.rows.at(-1)?.seq ?? 0 });
      if (again.length > 0) await this.#control(row.id, { action: 'redo', batches: again });
      const warnings = await this.#warnings(plan);
      const given = { row, plan, resumed: true, inputsBefore, warnings, samplesOnly: !alone };
      return execute(this.#deps, { ...given, fence, lost, ...signalsOf(options) });
    });
  }

  /** Nobody who has a newer change is given the older one unasked. */
  async #refuseOverNewer(
    row: RunRow,
    plan: Plan,
    view: JournalView,
    { redo, beside, samplesOnly }: { redo: readonly number[]; beside?: string | undefined; samplesOnly: boolean },
  ): Promise<void> {
    if (samplesOnly || view.undoRequest() !== undefined) return;
    const newer = await newerThanOpenBatches(this.#deps.record, row, plan, view, redo);
    const taken = refuseOverNewer(row.id, newer, beside);
    if (taken) await this.#control(row.id, { action: 'beside', ...taken });
  }

  /** Batches that `resume` would do again although a person had them taken back. @throws OaopsError `run-not-found` (exit 2) */
  async takenBack(runId: string): Promise<number[]> {
    const row = await this.#deps.record.runs.resolve(runId);
    return toBeRedone(row, (await this.#deps.record.runs.plan(row.id)) as Plan, await this.#view(row.id));
  }

  /**
   * Takes back what a run did. `beside`: why a rollout is taken back although a newer one changed the same.
   * @throws OaopsError `run-over`, `nothing-to-undo`, `rollout-newer` (exit 4), `batch-unknown`, `reason-missing` (exit 2)
   */
  async undo(
    runId: string,
    options: StopSignals & {
      scope?: UndoRequest['scope'];
      targets?: string[];
      batches?: number[];
      beside?: string;
    } = {},
  ): Promise<RunEnd> {
    const found = await this.#deps.record.runs.resolve(runId);
    return withRunLocks(this.#deps.record, found, async (fence, lost, inputsBefore) => {
      const row = (await this.#deps.record.runs.get(found.id))!;
      if (row.status === 'rolled-back') throw runOver(row, 'everything is taken back already');
      const view = await this.#view(row.id);
      const plan = await this.#storedPlan(row);
      refuseUnknownBatch(plan, options.batches ?? []);
      refuseEmptyUndo(row, plan, view);
      const named = options.targets ?? [];
      const failed = view.rows.filter(
        (entry) => entry.phase === 'do' && isFailure(view.last(entry.step, entry.unit)?.status ?? null),
      );
      const targets = named.length > 0 ? named : [...new Set(failed.map((entry) => entry.target))];
      const request: UndoRequest = {
        scope: options.scope ?? (named.length > 0 ? 'target' : 'all'),
        targets,
        ...(options.batches ? { batches: options.batches } : {}),
        ...(options.batches && isWatching(row, plan, view) ? { goesOn: true as const } : {}),
        cause: 'person',
        by: this.#deps.actor,
      };
      const newer = await newerRollouts(this.#deps.record, row, plan, view, request);
      const beside = refuseNewer(undoCommand(row.id, plan, request), newer, options.beside);
      if (beside) await this.#control(row.id, { action: 'beside', ...beside });
      await this.#control(row.id, { action: 'undo', request });
      const warnings = await this.#warnings(plan);
      const given = { row, plan, resumed: true, inputsBefore, warnings };
      return execute(this.#deps, { ...given, fence, lost, ...signalsOf(options) });
    });
  }

  /**
   * Ends a run for good, its cleanup done. One that is under way in another process is asked to stop at its next checkpoint. `message`: what of
   * the cleanup could not be done.
   * @throws OaopsError `run-over` (exit 4)
   */
  async abort(runId: string, reason: string): Promise<{ run: string; state: 'aborted' | 'asked'; message?: string }> {
    const row = await this.#deps.record.runs.resolve(runId);
    if (closed.includes(row.status)) throw runOver(row, 'there is nothing to abort');
    await this.#control(row.id, { action: 'abort', reason });
    try {
      const lock = await this.#deps.record.locks.acquire(`run:${row.id}`, `abort of run ${row.id}`);
      try {
        // It may have come to its end since it was looked up.
        const now = (await this.#deps.record.runs.get(row.id))!;
        if (closed.includes(now.status)) throw runOver(now, 'there is nothing to abort');
        const { message } = await this.#endAborted(now, reason, lock);
        const left = message !== undefined && message !== `aborted: ${reason}` ? { message } : {};
        return { run: row.id, state: 'aborted', ...left };
      } finally {
        await lock.release();
      }
    } catch (error) {
      if (isLockHeld(error)) return { run: row.id, state: 'asked' };
      throw error;
    }
  }

  async #endAborted(
    row: RunRow,
    reason: string,
    lock: StopSignals & { fence: Fence; lost: AbortSignal },
  ): Promise<RunEnd> {
    const runId = row.id;
    const { fence } = lock;
    await this.#closeOpenRows(runId, fence);
    const stored = (await this.#deps.record.runs.plan(runId)) as Plan;
    // What this oaops cannot finish it can still end.
    if (canFinishPlan(String(stored.schemaVersion)) && cleanupLeft(stored, await this.#view(runId))) {
      const inputsBefore = (await this.#deps.record.runs.inputs(runId)).length;
      const given = { row, plan: await this.#storedPlan(row), resumed: true, inputsBefore, abort: reason };
      return execute(this.#deps, { ...given, ...lock });
    }
    const at = this.#now();
    await this.#deps.record.runs.setStatus(
      runId,
      { status: 'aborted', at, exitCode: ExitCode.failed, message: `aborted: ${reason}`, wakeAt: null },
      fence,
    );
    const end = endOf((await this.#deps.record.runs.get(runId))!);
    this.#deps.sink({ event: 'run.ended', time: at, durationMs: 0, ...end });
    return end;
  }

  /**
   * Has a run start nothing new until it is resumed. What is under way goes to its end first.
   * @throws OaopsError `run-over` (exit 4)
   */
  async pause(runId: string, reason: string): Promise<{ run: string; state: 'paused' | 'asked' }> {
    const row = await this.#deps.record.runs.resolve(runId);
    refuseEnded(row);
    await this.#control(row.id, { action: 'pause', reason });
    try {
      const lock = await this.#deps.record.locks.acquire(`run:${row.id}`, `pause of run ${row.id}`);
      try {
        // It may have come to its end since it was looked up.
        refuseEnded((await this.#deps.record.runs.get(row.id))!);
        const message = `paused by ${this.#deps.actor}: ${reason}`;
        const change = {
          status: 'waiting' as const,
          at: this.#now(),
          exitCode: ExitCode.waiting,
          message,
          wakeAt: null,
        };
        await this.#deps.record.runs.setStatus(row.id, change, lock.fence);
      } finally {
        await lock.release();
      }
      return { run: row.id, state: 'paused' };
    } catch (error) {
      if (isLockHeld(error)) return { run: row.id, state: 'asked' };
      throw error;
    }
  }

  /** Goes on with every run whose time has come; those under way elsewhere are left alone. */
  tick(signals: StopSignals = {}): Promise<TickResult> {
    const goOn = (run: string) => this.resume(run, { ...signals, dueOnly: true });
    return tick(this.#deps, goOn, signals.stop);
  }

  async #decide(
    row: RunRow,
    view: JournalView,
    { step, unit, as }: { step: string; unit: string; as: Decision['as'] },
  ): Promise<void> {
    const open = view.openRows();
    const about = open.find((entry) => entry.step === step && entry.unit === unit);
    if (!about) {
      const known = open.map((entry) => unitPath(entry.step, entry.unit)).join(', ');
      throw usageError('unit-not-unknown', `${unitPath(step, unit)} of run ${row.id} is not unknown`, {
        next: known === '' ? 'No unit of this run is; resume it without --unit.' : `Unknown: ${known}.`,
      });
    }
    await this.#control(row.id, {
      action: 'decide',
      decision: { as, by: this.#deps.actor, seq: about.seq, phase: about.phase },
    });
  }

  async #closeOpenRows(runId: string, fence: Fence): Promise<void> {
    const open: JournalRow[] = (await this.#view(runId)).rows.filter((row) => row.status === null);
    for (const row of open) {
      await this.#deps.record.runs.result(
        row.seq,
        { status: 'unknown', result: {}, message: 'the run was aborted', at: this.#now() },
        fence,
      );
    }
  }

  async #storedPlan(row: RunRow): Promise<Plan> {
    const plan = (await this.#deps.record.runs.plan(row.id)) as Plan;
    if (plan.planVersion === 1 && canFinishPlan(String(plan.schemaVersion))) {
      await this.#deps.askSecrets?.(plan);
      return plan;
    }
    throw new OaopsError(
      'plan-version-unknown',
      `run ${row.id} was planned by oaops ${plan.oaopsVersion}, whose plans this one cannot finish`,
      {
        exitCode: ExitCode.refused,
        next: `Finish the run with oaops ${plan.oaopsVersion}.`,
      },
    );
  }

  async #warnings(plan: Plan): Promise<string[]> {
    const changed = await this.#deps.changedFiles(plan);
    return changed.map((file) => `${file} has changed since the run was planned; the stored plan is used`);
  }

  async #view(runId: string): Promise<JournalView> {
    return new JournalView(await this.#deps.record.runs.journal(runId), await this.#deps.record.runs.inputs(runId));
  }

  async #control(runId: string, body: Control): Promise<void> {
    await this.#deps.record.runs.addInput({
      runId,
      step: '',
      unit: '',
      kind: 'control',
      by: this.#deps.actor,
      at: this.#now(),
      body,
    });
  }

  #now(): string {
    return isoTime(this.#deps.clock.nowMs());
  }
}

/** Nothing of it is under way or to come. */
function refuseEnded(row: RunRow): void {
  if (['running', 'waiting', 'stopped'].includes(row.status)) return;
  throw runOver(row, 'there is nothing to pause');
}

function signalsOf({ stop, kill }: StopSignals): StopSignals {
  return { ...(stop ? { stop } : {}), ...(kill ? { kill } : {}) };
}
