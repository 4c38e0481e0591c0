import { z } from 'zod';
import { drillTopic } from '../backup/drill/state.ts';
import { isoTime } from '../core/clock.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { formatDuration } from '../core/units.ts';
import type { Action } from '../engine/action.ts';
import type { FactStore } from '../record/types.ts';
import { durationSchema } from '../runbook/schema/common.ts';

const timeSchema = z.iso.datetime({ offset: true, error: 'not a time with a zone; write 2026-11-30T22:00:00+08:00' });

const withSchema = z.strictObject({
  what: z.string().min(1).describe('What was rehearsed, such as oa-db-primary to oa-db-standby.'),
  failureTime: timeSchema.describe('When the service was lost.'),
  recoveredTime: timeSchema
    .nullable()
    .default(null)
    .describe('When the checks on the standby had passed; null when they did not.'),
  newestData: timeSchema.nullable().default(null).describe('Time of the newest data that was there afterwards.'),
  failedCheck: z.string().default('').describe('What a check said that failed; empty when all passed.'),
  rto: durationSchema.optional().describe('Objective: longest time without service; default 2h.'),
  rpo: durationSchema.optional().describe('Objective: greatest loss of data; default 1d.'),
});
type With = z.infer<typeof withSchema>;

const resultSchema = z.object({
  verdict: z.enum(['pass', 'partial', 'fail']),
  reasons: z.array(z.string()),
  rtoMs: z.number().nullable(),
  rtoObjectiveMs: z.number(),
  rpoMs: z.number().nullable(),
  rpoObjectiveMs: z.number(),
});

/** Judges a switch-over drill (BK-07) by the times that its steps measured: pass, partial (exit 3) or fail (exit 9). */
export const drillJudge: Action<With, { facts: () => Promise<FactStore> }> = {
  name: 'drill.judge',
  title: { en: 'Judge a drill', 'zh-CN': '判定演练结果' },
  effect: 'write',
  withSchema,
  resultSchema,
  usesTargets: false,
  idempotent: true,
  describe: ({ what }) => `judge the drill of ${what} against its objectives and remember the verdict`,
  async apply(args, context) {
    const result = judged(args);
    const at = isoTime(context.clock.nowMs());
    const fact = {
      run: context.runId,
      kind: 'switchover',
      ...result,
      location: args.what,
      snapshot: null,
      sabotage: 'none',
      failureTime: args.failureTime,
      newestData: args.newestData,
      phases: {},
      checks: [],
    };
    await (await context.services.facts()).add(drillTopic, context.plan.runbook.name, at, fact);
    if (result.verdict === 'pass') return { status: 'ok', result };
    const message = `${result.verdict}: ${result.reasons.join('; ')}`;
    if (result.verdict === 'partial') return { status: 'incomplete', result, message };
    return {
      status: 'failed',
      result,
      message,
      next: 'The standby cannot be relied on as it is: find out why before a disaster does.',
      code: 'drill-failed',
      exitCode: ExitCode.verificationFailed,
      retryable: false,
    };
  },
  recover: async () => ({ status: 'not-started' }),
};

function judged(args: With): z.infer<typeof resultSchema> {
  const failureMs = Date.parse(args.failureTime);
  const rtoObjectiveMs = args.rto ?? 2 * 3_600_000;
  const rpoObjectiveMs = args.rpo ?? 86_400_000;
  const rtoMs = args.recoveredTime === null ? null : Math.max(0, Date.parse(args.recoveredTime) - failureMs);
  const rpoMs = args.newestData === null ? null : Math.max(0, failureMs - Date.parse(args.newestData));
  const wrong: string[] = [];
  if (args.failedCheck !== '') wrong.push(`a check failed: ${args.failedCheck}`);
  if (rtoMs === null) wrong.push('the service did not come back');
  if (rpoMs === null) wrong.push('nothing proves that data came back');
  const missed: string[] = [];
  if (rtoMs !== null && rtoMs > rtoObjectiveMs)
    missed.push(`recovery took ${formatDuration(rtoMs)}, the objective is ${formatDuration(rtoObjectiveMs)}`);
  if (rpoMs !== null && rpoMs > rpoObjectiveMs)
    missed.push(`the data is ${formatDuration(rpoMs)} old, the objective is ${formatDuration(rpoObjectiveMs)}`);
  const verdict = wrong.length > 0 ? 'fail' : missed.length > 0 ? 'partial' : 'pass';
  return { verdict, reasons: [...wrong, ...missed], rtoMs, rtoObjectiveMs, rpoMs, rpoObjectiveMs };
}
