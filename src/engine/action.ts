import type { Clock } from '../core/clock.ts';
import type { ActionSchema } from '../runbook/types.ts';
import type { Plan, PlannedStep } from './plan/plan-types.ts';
import type { Host, HttpDoor, SecretDoor, Target } from './ports.ts';

/** How one attempt of one unit (step x target x item) ended. */
export type ActionOutcome =
  | { status: 'ok'; result: Record<string, unknown> }
  /** Done in part: the run ends with exit 3. */
  | { status: 'incomplete'; result: Record<string, unknown>; message: string }
  | {
      status: 'failed';
      result: Record<string, unknown>;
      message: string;
      next?: string;
      code?: string;
      exitCode?: number;
      retryable?: boolean;
    }
  /** Nothing more can be done now: a person or a time is awaited; the run ends with exit 6 and goes on at resume or tick. */
  | {
      status: 'waiting';
      message: string;
      next: string;
      wakeAtMs?: number;
      question?: ManualQuestion;
      /** A second person is asked to sign this text, by `oaops approve`; of steps that are no `approval` themselves. */
      approves?: string;
    }
  /** `stopping` fired and the action ended at a checkpoint: it is applied again when the run goes on. */
  | { status: 'stopped'; message: string };

/** Everything an action may touch. Services of domain rooms are opened lazily by the composition root. */
export interface ActionContext<Services = unknown> {
  runId: string;
  plan: Plan;
  step: PlannedStep;
  target: Target;
  /** Stable name of this unit and attempt, for markers on the target: `<run>.<step>.<target>.<item>.<attempt>`. */
  unitKey: string;
  /** Stable name of this unit whatever the attempt: `<step>.<target>.<item>`. */
  unitId: string;
  host(): Promise<Host>;
  /**
   * Another host of the plan's inventory, or the local machine; for actions that name hosts in their arguments.
   * @throws OaopsError `target-unknown` (exit 2)
   */
  hostNamed(name: string | undefined, signal?: AbortSignal): Promise<Host>;
  http(): Promise<HttpDoor>;
  secrets: SecretDoor;
  services: Services;
  clock: Clock;
  /** Fires on the first SIGINT/SIGTERM (`reason` 'stop': go to the next checkpoint) ... */
  stopping: AbortSignal;
  /** ... and on timeout, or the second signal (end at once). */
  signal: AbortSignal;
  /** Language of texts for people: `localText(text, lang)`. */
  lang?: string;
  /** IANA name; of times in texts for people: `momentIn(timeZone, ms)`. */
  timeZone: string;
  /** A folder of this run for files of this unit (mode 0700). */
  unitDir: string;
  progress(progress: { message?: string; done?: number; total?: number; unit?: 'bytes' | 'files' | 'steps' }): void;
  output(stream: 'stdout' | 'stderr', text: string): void;
  warn(message: string): void;
  /** Takes known secrets out of a text that is about to be cut: half a secret would not be known any more. */
  redact(text: string, cut?: 'end' | 'start'): string;
  /** Answer a person gave to this unit (`manual.*`), or undefined. */
  answer(): Promise<ManualAnswer | undefined>;
  /** Approvals given to this step since it last failed, each verified again now; expired ones, and several of one person, are among them. */
  approvals(): Promise<ApprovalRow[]>;
  /** Somebody said no to this step (`oaops approve --reject`), since it last failed. */
  rejection(): Promise<{ by: string; reason: string; about?: string } | undefined>;
  /** Asks the person at the terminal; undefined when there is nobody (no TTY). */
  ask?(question: ManualQuestion): Promise<ManualAnswer | undefined>;
  /** The time at which this unit was first started, since it last failed: makes waits durable. */
  firstWaitedAtMs(): Promise<number | undefined>;
}

export interface ManualQuestion {
  kind: 'confirm' | 'text' | 'number' | 'choice' | 'file';
  /** The question holds a secret: it leaves the screen with the answer. Of `confirm`. */
  vanishes?: true;
  message: string;
  instructions?: string;
  choices?: string[];
  min?: number;
  max?: number;
  pattern?: string;
}

export interface ManualAnswer {
  value: string | number | boolean;
  by: string;
  atMs: number;
  comment?: string;
  /** Of an override: the problem that it is about, as it was told. */
  about?: string;
  /** Evidence file, copied into the run's folder. */
  file?: { name: string; sha256: string; sizeBytes: number; path: string };
}

export interface ApprovalRow {
  principal: string;
  /** Every name that the allowed-signers file gives to the key. */
  principals: string[];
  keyFingerprint: string;
  atMs: number;
  expiresAtMs: number;
  /** The text that was signed with it, where the step asked for one. */
  about?: string;
  signature: string;
}

/** An action: its schema and what it does. One file each in src/actions. */
export interface Action<With = Record<string, unknown>, Services = unknown> extends ActionSchema {
  /** That it failed is its finding, and its result is whole: later steps read the step's outputs all the same. */
  findsFailure?: true;
  /** One line for the plan: what would happen with these arguments. Pure. */
  describe(args: With): string;
  apply(args: With, context: ActionContext<Services>): Promise<ActionOutcome>;
  /**
   * After a crash in the middle of `apply`: what became of it. `not-started` = no effect began and none can begin now, so
   * the unit is simply run again. `unknown` = the engine uses the step's `verify`, else re-runs only if idempotent, else
   * asks. Absent = unknown.
   */
  recover?(
    args: With,
    context: ActionContext<Services>,
  ): Promise<ActionOutcome | { status: 'not-started' } | { status: 'unknown' }>;
}

// biome-ignore lint/suspicious/noExplicitAny: the registry holds actions of every argument type; zod checks them at run time
export type AnyAction = Action<any, any>;
