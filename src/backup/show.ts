import type { Clock } from '../core/clock.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import type { ProgressScreen } from '../core/progress.ts';
import type { BackupResult } from './create/backup-job.ts';
import type { BackupProgress } from './create/create-snapshot.ts';
import type { Problem } from './format/manifest-root.ts';
import { errorMessage, problemText, resultText, statusMessage, summaryMessage, workOf } from './report.ts';

export interface ShowOptions {
  json: boolean;
  quiet: boolean;
  /** Where progress is shown. */
  screen: ProgressScreen;
  clock: Clock;
  /** Tells a warning in the style of all commands. */
  warn: (message: string) => void;
  /** Puts what people read into their language; default English. JSON stays as it is. */
  say?: (english: string) => string;
}

/** What a running backup tells, as `runBackup` wants it. */
export interface BackupHooks {
  onProgress: (progress: BackupProgress) => void;
  onProblem: (problem: Problem) => void;
  onWarning: (message: string) => void;
}

/**
 * Shows one backup: progress in a terminal, plain lines elsewhere, restic's NDJSON with `json`. Problems and
 * warnings go to stderr in both forms of text.
 */
export function backupShow(options: ShowOptions) {
  const { say = (english: string) => english } = options;
  const startedMs = options.clock.monotonicMs();
  let shownMs = startedMs;
  const clear = () => options.screen.clear();
  const hooks: BackupHooks = {
    onProgress(progress) {
      const nowMs = options.clock.monotonicMs();
      if (options.json && nowMs - shownMs < 1000) return;
      shownMs = nowMs;
      if (options.json) return json(process.stdout, statusMessage(progress, nowMs - startedMs));
      options.screen.show(workOf(progress));
    },
    onProblem(problem) {
      clear();
      if (options.json) json(process.stderr, errorMessage(problem));
      else process.stderr.write(`${problemText(problem, say)}\n`);
    },
    onWarning(message) {
      clear();
      // With --json the summary carries the warnings.
      if (!options.json) options.warn(message);
    },
  };
  return {
    /** Runs the backup; with `json` also its failure is a message. */
    async run(work: (hooks: BackupHooks) => Promise<BackupResult>): Promise<{ exitCode: ExitCode; text?: string }> {
      try {
        const result = await work(hooks);
        clear();
        if (!options.json) return { exitCode: result.exitCode, text: say(resultText(result)) };
        json(process.stdout, summaryMessage(result));
        return { exitCode: result.exitCode };
      } catch (error) {
        clear();
        if (!options.json) throw error;
        const exitCode = error instanceof OaopsError ? error.exitCode : ExitCode.failed;
        json(process.stderr, {
          message_type: 'exit_error',
          code: exitCode,
          message: messageOf(error),
          ...(error instanceof OaopsError ? { name: error.code, next: error.next } : {}),
        });
        return { exitCode };
      }
    },
  };
}

function json(stream: NodeJS.WriteStream, message: unknown): void {
  stream.write(`${JSON.stringify(message)}\n`);
}
