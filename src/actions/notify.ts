import { z } from 'zod';
import { OaopsError } from '../core/errors.ts';
import { sha256Hex } from '../core/json.ts';
import type { Action } from '../engine/action.ts';
import type { Notifier } from '../notify/notifier.ts';
import { nameSchema, oneOrManySchema } from '../runbook/schema/common.ts';

/** What the composition root puts into the services for this action. */
export interface NotifyServices {
  notifier?: () => Promise<Notifier>;
}

const withSchema = z.strictObject({
  channel: z
    .union([nameSchema, z.array(nameSchema).min(1)])
    .describe('Names of channels in the configuration (notify.channels).'),
  subject: z.string().min(1).max(500),
  text: z.string().describe('Plain text.'),
  to: oneOrManySchema.optional().describe('Receivers of this mail instead of those of the channel.'),
});
type With = z.infer<typeof withSchema>;

/** Sends a notice by mail or webhook. Only some channels reached = incomplete; none = failed. */
export const notify: Action<With, NotifyServices> = {
  name: 'notify',
  title: { en: 'Send a notice', 'zh-CN': '发送通知' },
  effect: 'write',
  withSchema,
  resultSchema: z.object({
    deliveries: z.array(
      z.object({
        channel: z.string(),
        status: z.enum(['sent', 'failed']),
        message: z.string().optional(),
        code: z.string().optional(),
        permanent: z.boolean().optional().describe('It would fail again.'),
        reference: z.string().optional(),
        rejected: z.array(z.string()).optional(),
      }),
    ),
  }),
  usesTargets: false,
  idempotent: false,
  describe: (args) => `notify ${channelsOf(args).join(', ')}: ${args.subject}`,
  async apply(args, context) {
    const notifier = await context.services.notifier?.();
    if (!notifier)
      throw new OaopsError('notify-missing', 'this oaops has no channels for notices', {
        next: 'Define them under notify.channels in the configuration.',
      });
    const { runbook } = context.plan;
    const details = { run: context.runId, runbook: runbook.name, version: runbook.version, step: context.step.id };
    const id = sha256Hex(`${context.runId} ${context.unitId}`).slice(0, 32);
    const notice = { id, subject: args.subject, text: args.text, details, ...(args.to && { to: args.to }) };
    const deliveries = await notifier.send(channelsOf(args), notice, context.signal);
    const failed = deliveries.filter((delivery) => delivery.status === 'failed' || delivery.rejected);
    const result = { deliveries };
    if (failed.length === 0) return { status: 'ok', result };
    const message = failed
      .map((delivery) => `${delivery.channel}: ${delivery.message ?? `refused for ${delivery.rejected?.join(', ')}`}`)
      .join('; ');
    if (deliveries.some((delivery) => delivery.status === 'sent')) return { status: 'incomplete', result, message };
    return {
      status: 'failed',
      result,
      message,
      code: 'notify-failed',
      retryable: failed.some(({ permanent }) => !permanent),
    };
  },
};

function channelsOf(args: With): string[] {
  return typeof args.channel === 'string' ? [args.channel] : args.channel;
}
