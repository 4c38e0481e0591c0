import { z } from 'zod';
import { openingId } from '../../accounts/person/opening.ts';
import { stillHolds } from '../../accounts/plan/recheck.ts';
import { accountId } from '../../accounts/record/account-id.ts';
import { addRefusal } from '../../accounts/record/entries.ts';
import { isoTime } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { formatDuration } from '../../core/units.ts';
import type { Action } from '../../engine/action.ts';
import { type AccountServices, companyOf, doorsOf, itemsOf, openingsOf } from './services.ts';

const withSchema = z.strictObject({
  planMaxAgeMs: z.number().optional().describe('An older list is not carried out.'),
});
type With = z.infer<typeof withSchema>;

/**
 * Reads the sources once more before anything is changed: whoever is employed (again) meanwhile is taken off the list. A source that does not answer ends the run.
 */
export const accountRecheck: Action<With, AccountServices> = {
  name: 'account.recheck',
  title: { en: 'Read the sources again', 'zh-CN': '重新核对人员名册' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({ dropped: z.array(z.string()).describe('Lines that are not carried out.') }),
  usesTargets: false,
  idempotent: true,
  describe: () => 'read the sources again, and take whoever is employed off the list',
  async apply({ planMaxAgeMs }, context) {
    const { createdAt } = context.plan;
    const nowMs = context.clock.nowMs();
    if (planMaxAgeMs !== undefined && nowMs - Date.parse(createdAt) > planMaxAgeMs)
      return {
        status: 'failed',
        result: { dropped: [] },
        message: `the list is of ${createdAt} and older than ${formatDuration(planMaxAgeMs)}`,
        next: 'Start a new run.',
        code: 'account-plan-old',
        exitCode: ExitCode.refused,
        retryable: false,
      };
    const doors = await doorsOf(context);
    const items = itemsOf(context.plan);
    const openings = openingsOf(context.plan);
    let dropped: Map<string, string>;
    try {
      dropped = await stillHolds(companyOf(context.plan), items, doors, context.signal, openings);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof OaopsError)) throw error;
      return {
        status: 'failed',
        result: { dropped: [] },
        message: `the sources were not read again, so nothing is changed: ${error.message}`,
        next: error.next ?? 'Repair the source, then start a new run.',
        code: error.code,
        exitCode: ExitCode.refused,
        retryable: false,
      };
    }
    const facts = await context.services.facts();
    const all = [
      ...items.map(({ line, directory, ref }) => ({ line, login: ref.login, account: accountId(directory, ref.key) })),
      ...openings.map((item) => ({ line: item.line, login: item.login, account: openingId(item) })),
    ];
    for (const { line, account } of all) {
      const reason = dropped.get(line);
      if (reason !== undefined) await addRefusal(facts, context.runId, account, isoTime(nowMs), reason);
    }
    const result = { dropped: [...dropped.keys()] };
    const [first] = dropped;
    if (first === undefined) return { status: 'ok', result };
    const { login } = all.find(({ line }) => line === first[0])!;
    const more = dropped.size > 1 ? `; and ${dropped.size - 1} more` : '';
    return { status: 'incomplete', result, message: `${login} was taken off the list: ${first[1]}${more}` };
  },
  recover: async () => ({ status: 'not-started' }),
};
