import { z } from 'zod';
import { noticesOf } from '../../accounts/entry/notices.ts';
import { claimNotice, entriesOf } from '../../accounts/record.ts';
import { isoTime } from '../../core/clock.ts';
import { sha256Hex } from '../../core/json.ts';
import type { Action } from '../../engine/action.ts';
import { type AccountServices, companyOf, concernedOf } from './services.ts';

const withSchema = z.strictObject({
  deletedAfterMs: z.number().optional().describe('So long after now held accounts may be deleted; absent = never.'),
});
type With = z.infer<typeof withSchema>;

/** Tells the people concerned what was done to which account: one notice for each of them. Nobody is told twice. */
export const accountTell: Action<With, AccountServices> = {
  name: 'account.tell',
  title: { en: 'Tell the people concerned', 'zh-CN': '通知相关人员' },
  effect: 'write',
  withSchema,
  resultSchema: z.object({ told: z.array(z.string()), failed: z.array(z.string()) }),
  usesTargets: false,
  idempotent: true,
  describe: () => 'tell the people concerned',
  async apply({ deletedAfterMs }, context) {
    const { notice } = companyOf(context.plan);
    const { channel } = notice;
    if (channel === undefined) return { status: 'ok', result: { told: [], failed: [] } };
    const facts = await context.services.facts();
    const notices = noticesOf(concernedOf(context.plan), await entriesOf(facts, context.runId), {
      run: context.runId,
      to: notice.to,
      ...(deletedAfterMs === undefined ? {} : { objectUntil: dayOf(context.clock.nowMs() + deletedAfterMs) }),
    });
    const notifier = await context.services.notifier();
    const told: string[] = [];
    const failed: string[] = [];
    for (const { to, subject, text } of notices) {
      if (context.stopping.aborted) return { status: 'stopped', message: 'stopped before the next notice' };
      const at = isoTime(context.clock.nowMs());
      // Claimed first: rather one notice too few than the same one twice.
      if (!(await claimNotice(facts, context.runId, to.toLowerCase(), at))) continue;
      const id = sha256Hex(`${context.runId} ${to}`).slice(0, 32);
      const [delivery] = await notifier.send([channel], { id, subject, text, to: [to] }, context.signal);
      if (delivery?.status === 'sent' && !delivery.rejected?.length) told.push(to);
      else failed.push(`${to}: ${delivery?.message ?? 'refused'}`);
    }
    const result = { told, failed };
    if (failed.length === 0) return { status: 'ok', result };
    return { status: 'incomplete', result, message: `not told: ${failed.join('; ')}` };
  },
  recover: async () => ({ status: 'not-started' }),
};

/** The day before which there is time to object, whatever the time zone of the reader is. */
function dayOf(ms: number): string {
  return isoTime(ms).slice(0, 10);
}
