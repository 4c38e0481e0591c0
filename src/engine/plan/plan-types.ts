import type { Effect } from '../../core/effects.ts';
import type {
  ActionCall,
  BecomeSpec,
  GateSpec,
  LocalizedText,
  RetrySpec,
  Tolerance,
  UndoSpec,
  VerifySpec,
} from '../../runbook/types.ts';
import type { Inventory } from '../ports.ts';

/** A value known only while running: an expression over earlier steps. */
export interface Deferred {
  $expr: string;
}

/** One target x item of a step. */
export interface PlannedUnit {
  /** `<target>` or `<target>.<item index>`; unique within the step. */
  id: string;
  target: string;
  item?: unknown;
  /** Arguments with everything resolved that can be; deferred values stay `{ $expr }`. Secrets stay references. */
  with: Record<string, unknown>;
  /** What would happen, for people. */
  summary: string;
  /** Of its step. */
  batch?: number;
}

/** Whom a rollout reaches: a user, a host, a row of a list. */
export interface Member {
  /** Unique in the population; data, whatever it looks like. */
  id: string;
  /** What else the source says: name, department, mail. */
  vars: Record<string, unknown>;
}

/** Members that are changed together, at most 500 (UP-06). */
export interface PlannedBatch {
  /** From 1. */
  number: number;
  members: Member[];
}

export interface PlannedStep {
  id: string;
  name: LocalizedText;
  uses: string;
  effect: Effect;
  /** Destructive by a policy of the runbook, which needs no confirmation each time; see `StepSpec`. */
  standing?: true;
  /** Resolved to true or false, or deferred. */
  condition: boolean | Deferred;
  needs: string[];
  /** Units, or deferred `forEach` (then units are made, and journalled, when the step starts). */
  units: PlannedUnit[] | Deferred;
  targets: string[];
  /** As written: needed to make the units of a deferred `forEach`. */
  rawWith: Record<string, unknown>;
  parallel: number;
  timeoutMs?: number;
  retry: RetrySpec;
  onFailure: string;
  undo?: UndoSpec;
  verify?: VerifySpec;
  success?: string;
  outputs: Record<string, string>;
  become?: BecomeSpec;
  idempotent: boolean;
  /** Only started by `onFailure: step:<id>` of another step. */
  handler: boolean;
  /** Number of its batch. */
  batch?: number;
  tolerance?: Tolerance;
  gate?: GateSpec;
  /** See `StepSpec`. */
  hold?: string;
  secondPerson?: true;
  /** Runs when the others have ended, however. */
  always?: true;
  /** See `StepSpec`. */
  tells?: true;
  /** What `condition` asks, for people. */
  conditionText?: LocalizedText;
  /** Written with `targets` or `forEach`: its outputs are lists, in the order of its units, whatever their number. */
  fanOut: boolean;
}

/** The fully resolved list of what would happen. Stored with the run; resume, tick and undo use only this. */
export interface Plan {
  planVersion: 1;
  /** sha256 over everything below but `createdAt`: runbook text, inputs, inventory, steps. */
  digest: string;
  createdAt: string;
  oaopsVersion: string;
  /** Schema version of runbook and plan, `major.minor`. */
  schemaVersion: string;
  runbook: {
    name: string;
    version: string;
    kind: string;
    title: LocalizedText;
    procedures: string[];
    file: string;
    sha256: string;
    text: string;
  };
  /** Secret inputs are `{ secret: <ref> }`; file inputs carry path and sha256. */
  inputs: Record<string, unknown>;
  inventory: Inventory;
  maxParallelSteps: number;
  /** Target selectors of `--limit`; empty = no limit. */
  limit: string[];
  steps: PlannedStep[];
  /** Of a rollout: every member of the population, each in one batch. */
  batches?: PlannedBatch[];
  /** Digest of the allowed-signers file at plan time, when approvals are needed. */
  allowedSigners?: { path: string; sha256: string };
}

export type { ActionCall };
