import { z } from 'zod';
import { noticesOf, noticeText } from '../../accounts/entry/notices.ts';
import { entriesOf } from '../../accounts/record/entries.ts';
import { beginNotice, endNotice, openNotice } from '../../accounts/record/notices.ts';
import { isoTime } from '../../core/clock.ts';
import { sha256Hex } from '../../core/json.ts';
import type { Action } from '../../engine/action.ts';
import { type AccountServices, companyOf, concernedOf } from './services.ts';

const withSchema = z.strictObject({
  deletedAfterMs: z.number().optional().describe('So long after now held accounts may be deleted; absent = never.'),
});
type With = z.infer<typeof withSchema>;

/** Tells the people concerned what was done to which account: one notice for each of them. Nobody is told twice, unless a try was cut off: then once more, which says so. */
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
    const objectUntil =
      deletedAfterMs === undefined ? {} : { objectUntil: dayOf(context.clock.nowMs() + deletedAfterMs) };
    const run = context.runId;
    const notices = noticesOf(concernedOf(context.plan), await entriesOf(facts, run), { run, to: notice.to });
    const notifier = await context.services.notifier();
    const told: string[] = [];
    const failed: string[] = [];
    for (const { to, lines } of notices) {
      if (context.stopping.aborted) return { status: 'stopped', message: 'stopped before the next notice' };
      const key = to.toLowerCase();
      const byName = new Map(lines.map((line) => [sha256Hex(line).slice(0, 16), line]));
      const open = await openNotice(facts, run, key, [...byName.keys()]);
      if (open.givenUp.length > 0) failed.push(`${to}: cut off twice while it was sent`);
      if (open.lines.length === 0) continue;
      const at = () => isoTime(context.clock.nowMs());
      await beginNotice(facts, run, key, at(), open.lines);
      const mail = noticeText(
        open.lines.map((name) => byName.get(name)!),
        { run, again: open.again, ...objectUntil },
      );
      // The same for each try of the same lines: receivers drop what they have.
      const id = sha256Hex(`${run} ${to} ${open.lines.join(' ')}`).slice(0, 32);
      const [delivery] = await notifier.send([channel], { id, ...mail, to: [to] }, context.signal);
      const isSent = delivery?.status === 'sent' && !delivery.rejected?.length;
      await endNotice(facts, run, key, at(), isSent ? 'sent' : 'failed');
      if (isSent) told.push(to);
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
