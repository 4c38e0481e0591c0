import { Args, Flags } from '@oclif/core';
import { ExitCode } from '../core/exit-codes.ts';
import { oneLine } from '../core/plain-text.ts';
import type { CommandResult } from './base-command.ts';
import { toOaopsError } from './failure.ts';

const formats = ['text', 'json', 'junit', 'tap', 'nagios', 'prometheus', 'markdown', 'html'] as const;

/** How a report of an inspection is given out. */
export const reportFlags = {
  format: Flags.option({
    description: 'how the report is told; nagios ends with 0, 1, 2 or 3 as monitoring plugins do',
    options: formats,
    default: 'text' as const,
  })(),
  out: Flags.string({
    description:
      'write the report into this file, whole or not at all; its ending tells the format (.html, .md, .xml, .tap, .prom, .json)',
    helpValue: 'FILE',
  }),
};

/** An inspection by its newest run, or one run of it. */
export const inspectionArg = Args.string({
  name: 'INSPECTION',
  description: 'name of an inspection, id of a run, or latest',
  default: 'latest',
});

/**
 * A monitoring system takes exit code 2 for critical, and shows what stands on standard output: for it, whatever keeps a report from being told is
 * UNKNOWN.
 */
export async function asPlugin(
  format: (typeof formats)[number],
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
