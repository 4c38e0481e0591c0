import { z } from 'zod';
import { ExitCode } from '../../core/exit-codes.ts';
import { formatDuration } from '../../core/units.ts';
import { momentIn } from '../../core/zoned-time.ts';
import type { Action } from '../../engine/action.ts';
import { ofDifferentPersons } from '../../engine/people/approvals.ts';
import { localText } from '../../engine/plan/plan-text.ts';
import { durationSchema, localizedTextSchema } from '../../runbook/schema/common.ts';

const withSchema = z.strictObject({
  message: localizedTextSchema.describe('What is approved.'),
  approvers: z.int().min(1).max(10).default(1).describe('How many different persons must approve.'),
  from: z.array(z.string().min(1)).min(1).optional().describe('Principals who may approve; absent = all in the file.'),
  expires: durationSchema
    .prefault('72h')
    .describe('How long the request stays open; default 72h. Then the run is refused.'),
});
type With = z.infer<typeof withSchema>;

/** A second person's signed approval. The one who asked for the run cannot give it. */
export const approval: Action<With> = {
  name: 'approval',
  title: { en: 'Wait for a second person’s approval', 'zh-CN': '双人审批' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({
    approvals: z.array(
      z.object({ principal: z.string(), keyFingerprint: z.string(), at: z.string(), expiresAt: z.string() }),
    ),
  }),
  usesTargets: false,
  idempotent: true,
  canWait: true,
  describe: (args) => `approval by ${whose(args)}:\n${localText(args.message)}`,
  async apply(args, context) {
    const nowMs = context.clock.nowMs();
    const rejected = await context.rejection();
    if (rejected) return refuse('approval-rejected', `rejected by ${rejected.by}: ${rejected.reason}`);
    const all = await context.approvals();
    const given = ofDifferentPersons(
      all.filter(({ principals }) => !args.from || principals.some((name) => args.from!.includes(name))),
      all,
    );
    const valid = given.filter((one) => one.expiresAtMs > nowMs);
    if (valid.length >= args.approvers) {
      const approvals = valid.map(({ principal, keyFingerprint, atMs, expiresAtMs }) => ({
        principal,
        keyFingerprint,
        at: new Date(atMs).toISOString(),
        expiresAt: new Date(expiresAtMs).toISOString(),
      }));
      return { status: 'ok', result: { approvals } };
    }
    const expired = given.find((one) => one.expiresAtMs <= nowMs);
    if (expired) {
      const at = momentIn(context.timeZone, expired.expiresAtMs);
      return refuse('approval-expired', `the approval by ${expired.principal} expired at ${at}`);
    }
    const openUntilMs = ((await context.firstWaitedAtMs()) ?? nowMs) + args.expires;
    if (openUntilMs <= nowMs) {
      return refuse('approval-expired', `nobody approved within ${formatDuration(args.expires)}`);
    }
    const missing = args.approvers - valid.length;
    return {
      status: 'waiting',
      message: missingWords(localText(args.message, context.lang), missing, momentIn(context.timeZone, openUntilMs)),
      next: args.from
        ? `One of ${args.from.join(', ')} runs: oaops approve ${context.runId} ${context.step.id}`
        : `A second person runs: oaops approve ${context.runId} ${context.step.id}`,
      wakeAtMs: openUntilMs,
    };
  },
  recover: async () => ({ status: 'not-started' }),
};

function missingWords(message: string, missing: number, until: string): string {
  return missing === 1
    ? `${message} (1 approval missing, until ${until})`
    : `${message} (${missing} approvals missing, until ${until})`;
}

function whose({ approvers, from }: With): string {
  if (approvers === 1 && from) return `one of ${from.join(', ')}`;
  return approvers === 1 ? 'a second person' : `${approvers} persons`;
}

function refuse(code: string, message: string) {
  return {
    status: 'failed' as const,
    result: {},
    message,
    code,
    exitCode: ExitCode.refused,
    retryable: false,
    next: 'Ask again with "oaops runs resume", or start a new run.',
  };
}
