/**
 * The one table of process exit codes. Help, the reference page and the tests read it from here.
 *
 * `inspect --format nagios` is the only exception: it speaks 0/1/2/3 as monitoring plugins do.
 */
export const ExitCode = {
  /** Everything asked for was done. */
  success: 0,
  /** The run failed: a step, a backup, a command ended with an error. */
  failed: 1,
  /** The command line, the configuration or a runbook is not valid; nothing was started. */
  usage: 2,
  /** Done in part: some data could not be read, some leg or target failed. */
  incomplete: 3,
  /** Not allowed to start or go on: precondition, window, approval refused or expired. */
  refused: 4,
  /** Failed, and everything was taken back. */
  rolledBack: 5,
  /** Waiting for a person or a time: approval pending, manual item, pause. */
  waiting: 6,
  /** Stored or restored data is not what it should be. */
  verificationFailed: 9,
  /** There is no repository at the given place. */
  repositoryMissing: 10,
  /** Another process holds the lock; the message says who and since when. */
  lockHeld: 11,
  /** The identity (private key) given cannot decrypt this repository. */
  wrongKey: 12,
  /** Stopped by SIGINT (128 + 2). */
  sigint: 130,
  /** Stopped by SIGTERM (128 + 15), or by SIGHUP: a terminal that was closed. */
  sigterm: 143,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
