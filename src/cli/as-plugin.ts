import { ExitCode } from '../core/exit-codes.ts';
import { oneLine } from '../core/plain-text.ts';
import type { CommandResult } from './base-command.ts';
import { toOaopsError } from './failure.ts';
import type { ReportFormat } from './inspect-flags.ts';

/**
 * A monitoring system takes exit code 2 for critical, and shows what stands on standard output: for it, whatever keeps a report from being told is
 * UNKNOWN.
 */
export async function asPlugin(
  format: ReportFormat,
  name: string,
  work: () => Promise<CommandResult>,
): Promise<CommandResult> {
  try {
    return await work();
  } catch (error) {
    if (format !== 'nagios') throw error;
    return {
      exitCode: ExitCode.incomplete,
      text: `${name} UNKNOWN - ${oneLine(toOaopsError(error).message).replaceAll('|', '/')}`,
    };
  }
}
