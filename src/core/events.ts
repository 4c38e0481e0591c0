/**
 * What the engine tells while a run goes on. Renderers, logs and `--json` read these; nothing else leaves a run.
 * The NDJSON of `oaops run --json` is exactly these objects, one a line, in this shape (golden file in test/golden; table in
 * docs/engine.md). `time` is ISO UTC.
 */
export type RunEvent =
  | {
      event: 'run.started';
      time: string;
      run: string;
      runbook: string;
      version: string;
      digest: string;
      resumed: boolean;
      steps: StartedStep[];
    }
  | { event: 'step.started'; time: string; run: string; step: string; name: string; units: number }
  | {
      event: 'unit.started';
      time: string;
      run: string;
      step: string;
      unit: string;
      target: string;
      /** Of a step for each member of a batch: the member's id. */
      member?: string;
      attempt: number;
      phase: Phase;
    }
  | {
      event: 'unit.progress';
      time: string;
      run: string;
      step: string;
      unit: string;
      message?: string;
      done?: number;
      total?: number;
      measure?: 'bytes' | 'files' | 'steps';
    }
  | {
      event: 'unit.output';
      time: string;
      run: string;
      step: string;
      unit: string;
      stream: 'stdout' | 'stderr';
      text: string;
    }
  | {
      event: 'unit.ended';
      time: string;
      run: string;
      step: string;
      unit: string;
      target: string;
      member?: string;
      attempt: number;
      phase: Phase;
      status: UnitStatus;
      durationMs: number;
      message?: string;
      next?: string;
      result?: Record<string, unknown>;
    }
  | {
      event: 'unit.retry';
      time: string;
      run: string;
      step: string;
      unit: string;
      attempt: number;
      inMs: number;
      message: string;
    }
  | {
      event: 'step.ended';
      time: string;
      run: string;
      step: string;
      status: StepStatus;
      durationMs: number;
      message?: string;
    }
  | { event: 'run.warning'; time: string; run: string; message: string }
  | {
      event: 'run.ended';
      time: string;
      run: string;
      status: RunStatus;
      exitCode: number;
      durationMs: number;
      message?: string;
      next?: string;
    };

/** A step of the plan. Of a rollout's step also the batch it is for and its name without that; of a gate how many samples it takes. */
export interface StartedStep {
  id: string;
  name: string;
  uses: string;
  effect: string;
  /** null until a list that another step makes is known. */
  units: number | null;
  batch?: { number: number; members: number; name: string };
  samples?: number;
}

/** The last line of `oaops tick --json`, after the events of all runs that it went on with. */
export interface TickEnded {
  event: 'tick.ended';
  time: string;
  ran: { run: string; status: RunStatus; exitCode: number; message?: string; next?: string; wakeAt?: string }[];
  /** Runs that another process works on. */
  held: string[];
  /** Runs whose process was killed; they go on by `oaops runs resume`. */
  interrupted: string[];
  /** Runs that could not go on at all. */
  failed: { run: string; code: string; message: string }[];
  /** Runbooks that were due; `slot` is the time of the schedule. */
  started: { runbook: string; slot: string; run: string; status: RunStatus; exitCode: number }[];
  /** Due, and left for later because a run of theirs is under way or waits. */
  busy: string[];
  /** Due, and could not be started; `slot` is null when not even the schedule could be read. */
  notStarted: { runbook: string; slot: string | null; code: string; message: string }[];
  /** Days of which nobody has said whether they are worked: whether the runbook is due on them is not known. */
  unknown: { runbook: string; date: string }[];
  /** Times that this look found past their deadline; each is told once. */
  overdue: { runbook: string; slot: string; deadline: string; why: string }[];
}

export type Phase = 'do' | 'verify' | 'undo';

/** Each word means one thing; see docs/architecture.md. */
export type UnitStatus =
  | 'ok'
  | 'incomplete'
  | 'failed'
  | 'timed-out'
  | 'unreachable'
  | 'waiting'
  | 'unknown'
  | 'skipped'
  | 'undone'
  | 'undo-failed'
  | 'aborted';

export type StepStatus =
  | 'ok'
  | 'incomplete'
  | 'failed'
  | 'skipped'
  | 'not-started'
  | 'waiting'
  | 'unknown'
  | 'undone'
  | 'undo-failed'
  | 'aborted';

export type RunStatus =
  | 'running'
  | 'ok'
  | 'incomplete'
  | 'failed'
  | 'refused'
  | 'waiting'
  | 'stopped'
  | 'rolled-back'
  | 'undo-failed'
  | 'aborted'
  | 'unknown';

export type EventSink = (event: RunEvent) => void;
