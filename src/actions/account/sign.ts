import { z } from 'zod';
import { decisionsOf } from '../../accounts/record.ts';
import type { Action } from '../../engine/action.ts';
import { type AccountServices, itemsOf } from './services.ts';

const withSchema = z.strictObject({
  by: z.enum(['person', 'heads']),
  default: z.enum(['do', 'keep']).describe('What is proposed for each line.'),
  withinMs: z.number().optional().describe('After it, lines that nobody has answered stay as they are.'),
});
type With = z.infer<typeof withSchema>;

/** People go through the list and sign it: every line is carried out or kept. The run waits for them. */
export const accountSign: Action<With, AccountServices> = {
  name: 'account.sign',
  title: { en: 'Have the list signed', 'zh-CN': '清单签字确认' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({
    kept: z.array(z.string()).describe('Lines that are not carried out.'),
    signed: z.array(z.string()).describe('Who signed.'),
  }),
  usesTargets: false,
  idempotent: true,
  canWait: true,
  describe: ({ by }) => (by === 'heads' ? 'have each head sign the list of its people' : 'have a person sign the list'),
  async apply({ by, withinMs }, context) {
    const items = itemsOf(context.plan);
    const decisions = await decisionsOf(await context.services.facts(), context.runId);
    const open = items.filter(({ line }) => !decisions.has(line));
    const kept = items.filter(({ line }) => decisions.get(line)?.decision !== 'do').map(({ line }) => line);
    const signed = [...new Set([...decisions.values()].map((decision) => decision.by))].sort();
    const result = { kept, signed };
    if (open.length === 0) return { status: 'ok', result };
    const untilMs =
      withinMs === undefined ? undefined : ((await context.firstWaitedAtMs()) ?? context.clock.nowMs()) + withinMs;
    const whose = by === 'heads' ? departmentsOf(open) : '';
    if (untilMs !== undefined && untilMs <= context.clock.nowMs())
      return {
        status: 'incomplete',
        result,
        message: `nobody has signed ${open.length} of ${items.length} lines in time; they stay as they are${whose}`,
      };
    return {
      status: 'waiting',
      message: `${open.length} of ${items.length} lines wait for a signature${whose}`,
      next: `Sign them with: oaops account review ${context.runId}`,
      ...(untilMs === undefined ? {} : { wakeAtMs: untilMs }),
    };
  },
  recover: async () => ({ status: 'not-started' }),
};

function departmentsOf(items: readonly { department?: string }[]): string {
  const names = [...new Set(items.map(({ department }) => department ?? '-'))];
  return `; departments: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', ...' : ''}`;
}
