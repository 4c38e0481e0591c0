import type { Clock } from '../core/clock.ts';
import type { EventSink, RunEvent, StepStatus } from '../core/events.ts';
import type { RandomSource } from '../core/ids.ts';
import type { Redactor } from '../core/redaction.ts';
import type { JournalRow, RecordStore } from '../record/types.ts';
import type { AnyAction, ManualAnswer, ManualQuestion } from './action.ts';
import type { Journal } from './journal/journal.ts';
import type { Plan, PlannedStep, PlannedUnit } from './plan/plan-types.ts';
import type { HostDoor, HttpDoor, SecretDoor, SignatureDoor } from './ports.ts';
import type { Halt } from './run/halt.ts';

/** Everything the engine gets from outside; the composition root makes it. */
export interface EngineDeps {
  record: RecordStore;
  actions: ReadonlyMap<string, AnyAction>;
  hosts: () => Promise<HostDoor>;
  http: () => Promise<HttpDoor>;
  secrets: SecretDoor;
  signatures: () => Promise<SignatureDoor>;
  /** Domain services for actions. */
  services: unknown;
  clock: Clock;
  random: RandomSource;
  redactor: Redactor;
  /** Folder that holds one folder per run. */
  runsDir: string;
  oaopsVersion: string;
  /** The person at the keyboard, for the journal: see requester.ts. */
  actor: string;
  sink: EventSink;
  /** Language of names and questions in events; default English. */
  lang?: string;
  /** IANA name; of times in texts for people. Default UTC. */
  timeZone?: string;
  /** Files of a stored plan that are not what they were: told as warnings, never used. */
  changedFiles: (plan: Plan) => Promise<string[]>;
  /** Has the prompted secrets of a plan typed, before it is started or gone on with. @throws OaopsError */
  askSecrets?: (plan: Plan) => Promise<void>;
  /** Somebody looks on: pauses between samples of a gate are waited for, however long. */
  follow?: boolean;
  /** Asks at the terminal; absent when there is none. */
  ask?: (question: ManualQuestion) => Promise<ManualAnswer | undefined>;
}

/** What the parts of one execution share. */
export interface RunContext {
  deps: EngineDeps;
  runId: string;
  plan: Plan;
  requester: string;
  /** ISO UTC; of the first start, also when resumed. */
  startedAt: string;
  journal: Journal;
  halt: Halt;
  /** Another run of the runbook is under way: samples of gates that have begun are taken, and nothing else is done. */
  samplesOnly?: true;
  /** Fires when a step has failed that ends the run: who only waits for a time need not wait any longer. */
  failing: AbortController;
  steps: Map<string, StepState>;
  /** Batches that were taken back, and that the run goes on without. */
  leftOut: ReadonlySet<number>;
  outputsOfRow: WeakMap<JournalRow, Record<string, unknown>>;
  /** How many inputs the run had when an attempt first looked for its own. */
  inputsSeen: WeakMap<JournalRow, number>;
  /** Folder of this run. */
  runDir: string;
  /** Redacts and passes on. */
  emit: (event: RunEvent) => void;
  now: () => string;
}

/** Where a step stands in this execution. */
export interface StepState {
  step: PlannedStep;
  status: StepStatus | 'pending' | 'running';
  /** Known once the step started, or from the plan. */
  units: PlannedUnit[] | undefined;
  /** A failure named this step with `onFailure: step:<id>`. */
  triggered: boolean;
  /** What expressions see of the step, once it has ended with this status. */
  scope?: { status: string; value: unknown };
}
