import type { z } from 'zod';
import type { Effect } from '../core/effects.ts';
import type { ExpressionRoot } from './expressions/references.ts';

/** `en` is always there; `zh-CN` is what Chinese users see. A bare string in a runbook is taken as `en`. */
export interface LocalizedText {
  en: string;
  'zh-CN'?: string;
}

export type Severity = 'error' | 'warning' | 'info';

/** One thing found by validation. `line` and `col` count from 1; a missing key points at the nearest existing node. */
export interface Finding {
  /** Stable kebab-case id, listed in docs/runbook-format.md. */
  rule: string;
  severity: Severity;
  message: string;
  /** The next step, as a sentence. */
  next?: string;
  file: string;
  line: number;
  col: number;
  endLine?: number;
  endCol?: number;
}

export interface RunbookMetadata {
  name: string;
  version: string;
  title: LocalizedText;
  description?: LocalizedText;
  owner: string;
  /** Handbook procedure IDs (BK-02 ...) that a run of this runbook counts for. */
  procedures: string[];
  labels: Record<string, string>;
}

export type InputType = 'string' | 'integer' | 'boolean' | 'duration' | 'size' | 'file' | 'enum' | 'secret';

export interface InputSpec {
  type: InputType;
  title?: LocalizedText;
  description?: LocalizedText;
  required: boolean;
  default?: string | number | boolean;
  /** Anchored regular expression for strings. */
  pattern?: string;
  min?: number;
  max?: number;
  values?: string[];
}

/** A reference to a secret (`env:NAME`, `file:/path`, `cred:NAME` for a systemd credential, `prompt:`), never the secret. */
export type SecretRef = string;

export interface BecomeSpec {
  method: 'sudo' | 'doas' | 'su';
  user: string;
  password?: SecretRef;
}

export interface RetrySpec {
  /** Attempts in all, the first one included. */
  attempts: number;
  delayMs: number;
  backoff: 'fixed' | 'exponential';
  maxDelayMs: number;
}

/** An action with its arguments: what a step, an `undo` and a `verify` have in common. */
export interface ActionCall {
  uses: string;
  with: Record<string, unknown>;
}

export interface UndoSpec extends ActionCall {
  scope: 'target' | 'batch' | 'all';
  mode: 'auto' | 'ask';
}

export interface VerifySpec extends ActionCall {
  /** CEL over `result`; true means that the step's effect is in place. */
  success?: string;
}

/**
 * One step as written, with defaults filled in.
 * Values in `with` may be `${{ cel }}` (whole value only); `if`, `success`, `forEach`, `outputs` are bare CEL.
 */
export interface StepSpec {
  id: string;
  name: LocalizedText;
  uses: string;
  with: Record<string, unknown>;
  if?: string;
  /** Selectors: see `selectTargets`; absent = the local machine. */
  targets?: string[];
  /** A literal list, or CEL that gives one; each value is `item`. */
  forEach?: string | unknown[];
  /** How many units (target x item) run at once; default 1. */
  parallel: number;
  /** Steps that must have ended well; absent = the step written before this one. */
  needs?: string[];
  /** Output name -> CEL over `result`. */
  outputs: Record<string, string>;
  become?: BecomeSpec;
  timeoutMs?: number;
  retry: RetrySpec;
  /** `step:<id>` names a later step. */
  onFailure: 'stop' | 'continue' | 'undo' | `step:${string}`;
  undo?: UndoSpec;
  verify?: VerifySpec;
  /** CEL over `result`; absent = the action's own idea of success. */
  success?: string;
  idempotent: boolean;
  /**
   * Destructive by a policy that stands in the runbook: approved with it, so that it needs no person each time. Only a kind sets
   * it, for steps that it makes itself; it cannot be written (docs/decisions/0004-prune-by-policy.md).
   */
  standing?: true;
  /** Number of the batch that the step belongs to, from 1. Only rollouts set it. */
  batch?: number;
  /** Failures that the step may have without ending badly. Only kinds set it. */
  tolerance?: Tolerance;
  /** The step is a measurement that is repeated. Only kinds set it. */
  gate?: GateSpec;
  /**
   * A condition that is looked at again whenever a process comes to the step while its batch still has something to do. What is said to the step
   * of this id, such as an override, counts for it too. Only rollouts set it.
   */
  hold?: string;
  /** What one person takes upon themselves here needs the signed approval of a second one. Only rollouts set it. */
  secondPerson?: true;
  /** A cleanup step: runs last, however the others ended, also when the run is stopped. Only kinds set it (`finally`). */
  always?: boolean;
  /** What `if` asks, where it is not for people to read: `not for those that are kept when the list is signed`. Only kinds set it. */
  ifText?: LocalizedText;
  /**
   * It only tells what the others have done: done again when the run has gone on since. Beside `always` it runs where nothing was changed, too, and
   * waits while the run can still go on. Only kinds set it.
   */
  tells?: true;
}

/**
 * How many members of a population may fail before nothing new is started. Numbers, resolved at planning; a failure more than one of them
 * is too many. A batch of which every member failed has failed whatever they say.
 */
export interface Tolerance {
  /** In one batch. */
  perBatch: number;
  /** In all batches together. */
  total: number;
  /** One after the other, in the order in which they ended; absent = any. */
  consecutive?: number;
  /** Whether a member that could not be reached counts as failed. */
  unreachable: 'failure' | 'tolerated';
}

/**
 * A check that lets a rollout go on. Each sample is `pass`, `fail`, `error` (it could not be measured) or `inconclusive` (no data), and each of
 * the last three has a limit of its own: one more, and the gate says no.
 */
export interface GateSpec {
  /** Samples in all. */
  samples: number;
  /** From one sample to the next. */
  intervalMs: number;
  /** Before the first sample. */
  delayMs: number;
  failureLimit: number;
  errorLimit: number;
  inconclusiveLimit: number;
}

/** A validated runbook: what the loader gives to everybody else. */
export interface Runbook {
  apiVersion: 'oaops/v1';
  kind: string;
  metadata: RunbookMetadata;
  inputs: Record<string, InputSpec>;
  /** Inventory file named in the runbook, relative to the runbook's folder. */
  inventory?: string;
  /** How many steps whose `needs` are met may run at once; default 4. */
  maxParallelSteps: number;
  steps: StepSpec[];
  /** Cron expression or working-day rule, with zone and catch-up, as written; read by the schedule rooms. */
  schedule?: unknown;
  /** The validated `spec` of the kind, for the domain room that owns the kind. */
  spec: unknown;
  source: {
    /** Path as the user named it, or `<stdin>`. */
    file: string;
    /** Exact text, as stored with the plan. */
    text: string;
    sha256: string;
  };
}

/** Turns a JSON path inside the document into a finding at the right line; given to the rules of a kind. */
export type Report = (finding: {
  rule: string;
  severity?: Severity;
  message: string;
  next?: string;
  path: (string | number)[];
}) => void;

/**
 * What a kind registers: one object per kind, no apply code. `expand` turns the validated spec into steps, so that every
 * kind runs on the same engine.
 */
export interface KindDefinition {
  kind: string;
  title: LocalizedText;
  /** zod schema of `spec`; it makes validation, JSON Schema and the reference page. */
  specSchema: z.ZodType;
  expand(spec: unknown, metadata: RunbookMetadata): StepSpec[];
  /** Where the document holds lists of steps written by the author (schema `stepsSchema`); their rules are checked there. */
  stepPaths?: readonly (readonly string[])[];
  /** Those of `stepPaths` whose steps are repeated for each batch: their expressions can read `batch`. */
  batchPaths?: readonly (readonly string[])[];
  /** Steps that the kind makes itself, and that written ones in lists of `spec` can read: they have ended before. */
  ownSteps?: readonly { id: string; outputs: readonly string[]; readIn: readonly string[] }[];
  /** What expressions outside of steps can read; default: whatever a step can. */
  valueRoots?: readonly ExpressionRoot[];
  /** Where lists of checks stand, `*` for each item of a list: the arguments of each follow from its `check`. */
  checkPaths?: readonly (readonly string[])[];
  /** Rules beyond the schema. `path` in a report is relative to the document root. */
  rules?(spec: unknown, report: Report): void;
  /** Skeleton for `oaops runbook new`, a file name below templates/runbooks. */
  template: string;
}

/** What an action tells about itself to validation, planning and the reference page; no apply code. */
export interface ActionSchema {
  name: string;
  title: LocalizedText;
  effect: Effect;
  /** zod schema of `with`. */
  withSchema: z.ZodType;
  /** zod schema of `result`, for checks of `outputs` and for the reference page. */
  resultSchema: z.ZodType;
  /** True when the action acts on a step's `targets`; false = it runs once, locally. */
  usesTargets: boolean;
  /** True when its effect can be done twice without harm whatever its arguments. */
  idempotent: boolean;
  /** True when it can end a run as waiting for a person or a time; such a run cannot prompt for secrets. */
  canWait?: boolean;
}

/** Handed to validation by the composition root. */
export interface Catalogue {
  kinds: readonly KindDefinition[];
  actions: readonly ActionSchema[];
  /** IDs of the handbook procedures that a runbook can count for. */
  procedures: readonly string[];
  /** What a check of an inspection can name. */
  checks: readonly CheckSchema[];
}

/** What a type of check tells about itself to validation and the reference page. */
export interface CheckSchema {
  name: string;
  title: LocalizedText;
  /** Where it is made: on the host, or from this machine; `person`: somebody signs it. */
  place: 'host' | 'here' | 'person';
  withSchema: z.ZodType;
}

/** Earlier versions of runbooks, to compare with: a folder or a git revision. */
export interface BaseVersions {
  /** For people: what the version is compared with. */
  description: string;
  /** Text of the earlier version of a runbook, looked up by its file and then by its name; undefined when it is new. */
  find(runbook: { file: string; name: string | undefined }): Promise<{ file: string; text: Uint8Array } | undefined>;
}
