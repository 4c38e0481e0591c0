import { OaopsError } from '../../core/errors.ts';
import type { CapturedOutput, ProcessRequest, ProcessResult } from '../../engine/ports.ts';
import { type ExitRecord, signalOf } from './exit.ts';
import { notStarted } from './failures.ts';

/** What is known of a unit that has ended, here or on the far side. */
export interface UnitEnd {
  target: string;
  /** Name of the marker folder. */
  unit: string;
  /** undefined when no exit code was written. */
  exit: ExitRecord | undefined;
  timedOut: boolean;
  /** What was asked for; undefined when the unit was found again. */
  request: ProcessRequest | undefined;
  durationMs: () => number;
  outputs: () => { stdout: CapturedOutput; stderr: CapturedOutput };
}

/** Reasons of a command that was taken back before it began: when the time was over, that is the result. */
const takenBack = ['command-not-started', 'unit-claimed'];

/**
 * The result of a unit.
 * @throws OaopsError with the reason when the command was not started; `process-vanished`
 */
export function unitResult(end: UnitEnd): ProcessResult {
  const { exit, timedOut, request } = end;
  if (exit?.kind === 'failed' && !(timedOut && takenBack.includes(exit.reason))) {
    throw notStarted(exit.reason, {
      target: end.target,
      argv: request?.argv ?? [],
      unit: end.unit,
      cwd: request?.cwd,
      become: request?.become,
    });
  }
  if (!exit && !timedOut) {
    throw new OaopsError(
      'process-vanished',
      `the supervisor of the command on ${end.target} ended without writing an exit code`,
      { next: 'Find out whether the command did its work: the outcome is unknown.' },
    );
  }
  const code = exit?.kind === 'exit' ? exit.code : null;
  return {
    exitCode: code,
    signal: code === null ? null : signalOf(code),
    timedOut,
    ...end.outputs(),
    durationMs: end.durationMs(),
  };
}

/** Says which processes of a unit are left; `pids` as the shell text prints them. Nothing when none are. */
export function assertEnded(target: string, pids: string): void {
  const left = pids.trim();
  if (!/\d/.test(left)) return;
  throw new OaopsError('process-not-ended', `processes of the command could not be ended on ${target}: ${left}`, {
    next: `End them there by hand: kill -9 ${left}`,
    details: { pids: left.split(/\s+/).map(Number) },
  });
}
