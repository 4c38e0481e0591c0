import { spawnSync } from 'node:child_process';
import { OaopsError } from '../../../core/errors.ts';
import { ExitCode } from '../../../core/exit-codes.ts';

export interface ProgramEnd {
  exitCode: number | null;
  stdout: Buffer;
  stderr: string;
}

/** Runs a program of the system to its end, in the words of the C locale. @throws OaopsError `program-missing` (exit 1) */
export function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  input?: Buffer,
): ProgramEnd {
  const done = spawnSync(program, args, {
    env: { ...env, PATH: `${env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' },
    input: input ?? '',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
  if (done.error)
    throw new OaopsError('program-missing', `${program} cannot be run: ${done.error.message}`, {
      exitCode: ExitCode.failed,
      next: 'Install cron or use systemd: "oaops schedule install --crontab" and "--systemd" choose.',
      cause: done.error,
    });
  return { exitCode: done.status, stdout: done.stdout, stderr: done.stderr.toString('utf8').trim() };
}

/** @throws OaopsError `program-failed` (exit 1) */
export function mustRun(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  input?: Buffer,
): void {
  const { exitCode, stderr } = runProgram(program, args, env, input);
  if (exitCode === 0) return;
  throw new OaopsError('program-failed', `${[program, ...args].join(' ')} ended with ${exitCode}: ${stderr}`, {
    exitCode: ExitCode.failed,
    next: 'Mend that, then run again: what is in place already is left as it is.',
  });
}
