import { z } from 'zod';
import type { Refusal } from '../../accounts/expand.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { ActionOutcome } from '../../engine/action.ts';

/** Arguments of the first step: what planning leaves alone, and why nothing is done at all. */
export const leftAloneShape = {
  spared: z
    .array(z.string())
    .describe('Accounts that are left alone although something is to be done, with the reason: the run is incomplete.'),
  kept: z
    .array(z.string())
    .optional()
    .describe('Accounts that are left alone by rule, such as protected ones, with the reason.'),
  refusal: z
    .strictObject({ code: z.string(), message: z.string(), next: z.string().optional() })
    .optional()
    .describe('Why nothing is done at all.'),
};

/** The end of a step by which the run is refused. */
export function refused({ code, message, next }: Refusal): Extract<ActionOutcome, { status: 'failed' }> {
  return {
    status: 'failed',
    result: {},
    message,
    ...(next === undefined ? {} : { next }),
    code,
    exitCode: ExitCode.refused,
    retryable: false,
  };
}
