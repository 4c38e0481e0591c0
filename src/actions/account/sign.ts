import { z } from 'zod';
import { decisionsOf } from '../../accounts/record/decisions.ts';
import { linesOf, listsOf, type ReviewLine } from '../../accounts/review/lines.ts';
import { closeList, type SignedList, signedList } from '../../accounts/review/signed.ts';
import { isoTime } from '../../core/clock.ts';
import type { Action } from '../../engine/action.ts';
import { type AccountContext, type AccountServices, itemsOf } from './services.ts';

const withSchema = z.strictObject({
  by: z.enum(['person', 'heads']),
  default: z.enum(['do', 'keep']).describe('What is proposed for each line.'),
  withinMs: z.number().optional().describe('After it, lines that nobody has answered stay as they are.'),
  signers: z
    .enum(['head', 'any'])
    .optional()
    .describe('Whose signature over a file counts where heads sign; absent = the head.'),
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
    const lines = linesOf(itemsOf(context.plan));
    const facts = await context.services.facts();
    const nowMs = context.clock.nowMs();
    let list = await signedList(facts, context.runId);
    if (!list) {
      const decisions = await decisionsOf(facts, context.runId);
      const open = lines.filter(({ id }) => !decisions.has(id));
      const untilMs = withinMs === undefined ? undefined : ((await context.firstWaitedAtMs()) ?? nowMs) + withinMs;
      if (open.length > 0 && (untilMs === undefined || untilMs > nowMs))
        return {
          status: 'waiting',
          message: `${open.length} of ${lines.length} lines wait for a signature${by === 'heads' ? whose(open) : ''}`,
          next: `Sign them with: oaops account review ${context.runId}`,
          ...(untilMs === undefined ? {} : { wakeAtMs: untilMs }),
        };
      list = await closeList(facts, context.runId, isoTime(nowMs), { lines, decisions });
    }
    const result = { kept: keptLines(context, lines, list), signed: list.by };
    if (list.open.length === 0) return { status: 'ok', result };
    const open = new Set(list.open);
    const unanswered = by === 'heads' ? whose(lines.filter(({ id }) => open.has(id))) : '';
    return {
      status: 'incomplete',
      result,
      message: `nobody has signed ${open.size} of ${lines.length} lines in time; they stay as they are${unanswered}`,
    };
  },
  recover: async () => ({ status: 'not-started' }),
};

/** An entry is kept when nothing of it is carried out. */
function keptLines({ plan }: AccountContext, lines: readonly ReviewLine[], signed: SignedList): string[] {
  const carried = new Set(signed.do);
  const touched = new Set(lines.filter(({ id }) => carried.has(id)).map(({ item }) => item));
  const kept = new Set(itemsOf(plan).flatMap(({ line }) => (touched.has(line) ? [] : [line])));
  for (const { id } of lines) if (!carried.has(id) && !touched.has(id)) kept.add(id);
  return [...kept];
}

/** Whose answers are missing, as far as a line takes them. */
function whose(open: readonly ReviewLine[]): string {
  const lists = listsOf(open).map(
    ({ department = '-', head }) => `${department} (${head === undefined ? 'no head' : head})`,
  );
  return `; departments: ${lists.slice(0, 5).join(', ')}${lists.length > 5 ? ', ...' : ''}`;
}
