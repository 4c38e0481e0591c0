import type { RunStatus } from '../../core/events.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { RunRow } from '../../record/types.ts';
import type { StepState } from '../deps.ts';
import type { HaltReason } from './halt.ts';
import type { StepEnd } from './step-end.ts';
import type { UndoEnd } from './undo.ts';

/** How a run ended, or for how long it goes no further. */
export interface RunEnd {
  run: string;
  status: RunStatus;
  exitCode: ExitCode;
  message?: string;
  next?: string;
  /** ISO UTC: when `oaops tick` goes on. */
  wakeAt?: string;
}

/** What the last word is made from. */
export interface Ending {
  runId: string;
  steps: ReadonlyMap<string, StepState>;
  ends: ReadonlyMap<string, StepEnd>;
  halt: HaltReason | undefined;
  undo: UndoEnd | undefined;
  /** By a second signal, with cleanup left to do. */
  cutOff: boolean;
}

type Outcome = Omit<RunEnd, 'run' | 'wakeAt'> & { wakeAtMs?: number };

/** The run's status from its parts. The order of the questions is the order of importance; see docs/engine.md. */
export function runOutcome(ending: Ending): Outcome {
  const { runId, ends, halt, undo } = ending;
  const all = [...ends];
  const find = (...statuses: StepEnd['status'][]) => all.find(([, end]) => statuses.includes(end.status));
  const about = ([id, end]: [string, StepEnd], fallback: string) => ({
    message: `${id}: ${end.message ?? fallback}`,
    ...(end.next ? { next: end.next } : {}),
  });
  const failed = all.find(
    ([id, end]) => end.status === 'failed' && ending.steps.get(id)?.step.onFailure !== 'continue',
  );
  const unfinished =
    all.some(([, end]) => end.status === 'pending') || [...ending.steps.values()].some((state) => isUnfinished(state));

  if (halt?.kind === 'abort') {
    // Who goes on brings it to the end that was asked for.
    if (ending.cutOff) return stopped(ending, halt, 'the cleanup was not finished');
    const left = all.find(([id, end]) => ending.steps.get(id)?.step.always && !isWell(end));
    const message = left ? `${halt.message}; ${about(left, 'the cleanup was not finished').message}` : halt.message;
    return { status: 'aborted', exitCode: ExitCode.failed, message };
  }
  if (halt?.kind === 'pause' && !undo && !failed) {
    return {
      status: 'waiting',
      exitCode: ExitCode.waiting,
      message: halt.message,
      next: `Go on with "oaops patch resume ${runId}".`,
    };
  }
  const byTick = halt?.exitCode !== ExitCode.sigint && isTakenUp(ending);
  if (halt?.kind === 'lock-lost') return stopped(ending, halt, '', { byTick });
  if (undo) {
    const cause = failed
      ? `${about(failed, 'failed').message}; `
      : undo.failedStep === undefined
        ? ''
        : `${undo.failedStep} failed; `;
    if (undo.status === 'pending') return stopped(ending, halt, 'the undo is not finished', { byTick });
    if (undo.status === 'undone')
      return {
        status: 'rolled-back',
        exitCode: ExitCode.rolledBack,
        message: `${cause}everything that was done is taken back`,
      };
    if (undo.status === 'asking' || undo.status === 'unknown') {
      return {
        status: 'waiting',
        exitCode: ExitCode.waiting,
        message: `${cause}${undo.message}`,
        ...(undo.next ? { next: undo.next } : {}),
      };
    }
    if (undo.status === 'failed') {
      return {
        status: 'undo-failed',
        exitCode: ExitCode.failed,
        message: `${cause}${undo.message}`,
        ...(undo.next ? { next: undo.next } : {}),
      };
    }
    const kept = `still in place: ${some(undo.remaining)}`;
    return failed || undo.failedStep !== undefined
      ? {
          status: 'failed',
          exitCode: ExitCode.failed,
          message: `${cause}${kept}`,
          next: 'See to what is still in place by hand.',
        }
      : { status: 'incomplete', exitCode: ExitCode.incomplete, message: kept };
  }
  const unknown = find('unknown');
  const steps = [...ending.steps.values()];
  const cleanedUp = steps.some(
    ({ step, status }) => step.always && !step.tells && ['ok', 'incomplete', 'skipped'].includes(status),
  );
  if ((halt || cleanedUp) && !failed && (unknown || unfinished))
    return stopped(ending, halt, 'it was cut off, and its cleanup has been done since', { cleanedUp, byTick });
  // Whatever a person has to decide about: at that time it is looked at again.
  const times = all.flatMap(([, end]) =>
    end.status === 'waiting' && end.wakeAtMs !== undefined ? [end.wakeAtMs] : [],
  );
  const wake = times.length > 0 ? { wakeAtMs: Math.min(...times) } : {};
  if (unknown) {
    const words = about(unknown, 'nobody knows whether it took effect');
    return { status: 'waiting', exitCode: ExitCode.waiting, ...words, ...wake };
  }
  if (failed) {
    const refused = failed[1].exitCode === ExitCode.refused;
    return {
      status: refused ? 'refused' : 'failed',
      exitCode: failureCode(failed[1].exitCode),
      ...withNext(
        about(failed, 'failed'),
        cleanedUp
          ? `See "oaops runs show ${runId}"; after repair start it again: its cleanup has been done.`
          : `See "oaops runs show ${runId}"; after repair go on with "oaops ${roomOf(ending)} resume ${runId}".`,
      ),
    };
  }
  const waiting = find('waiting');
  if (waiting) {
    return {
      status: 'waiting',
      exitCode: ExitCode.waiting,
      ...about(waiting, 'waits'),
      ...wake,
    };
  }
  if (unfinished) {
    const open = find('pending');
    return {
      status: 'failed',
      exitCode: ExitCode.failed,
      ...(open ? about(open, 'stopped before it ended') : { message: 'not every step came to an end' }),
      next: goOn(ending),
    };
  }
  const tolerated = find('failed');
  if (tolerated) return { status: 'incomplete', exitCode: ExitCode.incomplete, ...about(tolerated, 'failed') };
  const incomplete = find('incomplete');
  if (incomplete) return { status: 'incomplete', exitCode: ExitCode.incomplete, ...about(incomplete, 'done in part') };
  return { status: 'ok', exitCode: ExitCode.success };
}

/** Its samples say how it goes on, and that has to wait until no other run of the runbook is under way. */
export function untilAlone(outcome: Outcome, ends: Ending['ends'], nowMs: number): Outcome {
  if (outcome.status === 'waiting') return outcome;
  const [id, end] = [...ends].find(([, { status }]) => status === 'failed') ?? [];
  const message = end ? `${id}: ${end.message ?? 'failed'}` : 'the samples are taken';
  return {
    status: 'waiting',
    exitCode: ExitCode.waiting,
    message: `${message}; goes on when no other run of the runbook is under way`,
    next: '"oaops tick" goes on with it then.',
    wakeAtMs: nowMs,
  };
}

/** `oaops tick` goes on with it by itself: a rollout in its watch, or one that is taken back. See `isCutOff`. */
function isTakenUp({ steps, ends, undo }: Ending): boolean {
  const states = [...steps.values()];
  const watched = states.some(({ step }) => step.gate && step.batch === undefined && ends.has(step.id));
  return watched || (undo !== undefined && states.some(({ step }) => step.batch !== undefined));
}

function isWell({ status }: StepEnd): boolean {
  return status === 'ok' || status === 'incomplete' || status === 'skipped';
}

function isUnfinished(state: StepState): boolean {
  return state.status === 'pending' && !state.step.always && (!state.step.handler || state.triggered);
}

/** Where the commands for it are. */
function roomOf({ steps }: Ending): 'patch' | 'runs' {
  return [...steps.values()].some(({ step }) => step.batch !== undefined) ? 'patch' : 'runs';
}

function goOn(ending: Ending): string {
  return `Go on with "oaops ${roomOf(ending)} resume ${ending.runId}".`;
}

function stopped(
  ending: Ending,
  halt: HaltReason | undefined,
  fallback: string,
  { cleanedUp = false, byTick = false } = {},
) {
  return {
    status: 'stopped' as const,
    exitCode: halt?.exitCode ?? ExitCode.sigint,
    message: halt?.message ?? fallback,
    next: cleanedUp
      ? 'Its cleanup has been done, so it goes no further: start it again.'
      : byTick
        ? `"oaops tick" goes on with it, or at once "oaops patch resume ${ending.runId}".`
        : goOn(ending),
  };
}

function withNext<T extends { next?: string }>(part: T, next: string): T & { next: string } {
  return { ...part, next: part.next ?? next };
}

/** A failing action may name a code of the table (9, 10, 11 ...); anything else is 1. */
function failureCode(code: number | undefined): ExitCode {
  const allowed: readonly number[] = [
    ExitCode.refused,
    ExitCode.verificationFailed,
    ExitCode.repositoryMissing,
    ExitCode.lockHeld,
    ExitCode.wrongKey,
    ExitCode.incomplete,
  ];
  return code !== undefined && allowed.includes(code) ? (code as ExitCode) : ExitCode.failed;
}

function some(names: string[]): string {
  return names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ');
}

/** As a run that needs nothing more stands in the record. */
export function endOf(row: RunRow): RunEnd {
  return {
    run: row.id,
    status: row.status,
    exitCode: (row.exitCode ?? 0) as ExitCode,
    ...(row.message === null ? {} : { message: row.message }),
    ...(row.wakeAt === null ? {} : { wakeAt: row.wakeAt }),
  };
}
