import { z } from 'zod';
import { isoTime } from '../core/clock.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { dateIn } from '../core/zoned-time.ts';
import type { Action } from '../engine/action.ts';
import { assemble, isBad, reportFact } from '../inspect/assemble.ts';
import { addReport, comparable, previousOf, reportsOf, resultsOf, waiversOf } from '../inspect/record.ts';
import { summaryLine, troubleLines } from '../inspect/summary.ts';
import type { InspectServices } from './inspect-collect.ts';

const withSchema = z.strictObject({
  inspection: z.string().min(1),
  sections: z.array(z.looseObject({ id: z.string() })),
  waivers: z.array(z.looseObject({ check: z.string(), until: z.string() })),
});
type With = z.infer<typeof withSchema>;

/** The verdict of an inspection, kept in the record: the worst of what was found. What could not be judged is never a pass. */
export const inspectJudge: Action<With, InspectServices> = {
  name: 'inspect.judge',
  title: { en: 'Give the verdict of an inspection', 'zh-CN': '给出巡检结论' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({
    verdict: z.enum(['pass', 'warn', 'pending', 'error', 'fail']),
    summary: z.string().describe('One line for a notice.'),
    lines: z.array(z.string()).describe('One line for everything that is not all right.'),
    failed: z.number(),
    new: z.number().nullable().describe('Bad now and not at the last verdict; null = there was none.'),
  }),
  usesTargets: false,
  findsFailure: true,
  idempotent: true,
  describe: ({ sections }) => `give the verdict on ${sections.map(({ id }) => id).join(', ')}`,
  async apply({ inspection }, context) {
    const facts = await context.services.facts();
    const nowMs = context.clock.nowMs();
    const at = isoTime(nowMs);
    const earlier = (await reportsOf(facts, inspection, comparable)).filter(({ run }) => run !== context.runId);
    const report = assemble(context.plan, await resultsOf(facts, context.runId), {
      run: context.runId,
      at,
      today: dateIn(await context.services.timeZone(), nowMs),
      waivers: await waiversOf(facts, inspection, at),
      previous: previousOf(earlier),
      under: false,
    });
    await addReport(facts, inspection, at, reportFact(report, context.plan.limit.length > 0));
    const result = {
      verdict: report.verdict,
      summary: summaryLine(report),
      lines: troubleLines(report),
      failed: report.sections.flatMap(({ results }) => results).filter(({ state }) => isBad(state)).length,
      new: report.new,
    };
    if (report.verdict === 'fail')
      return {
        status: 'failed',
        result,
        message: result.summary,
        next: `Look at it with: oaops inspect show ${context.runId}`,
        code: 'inspection-failed',
        exitCode: ExitCode.failed,
        retryable: false,
      };
    if (report.verdict !== 'pass' && report.verdict !== 'warn')
      return { status: 'incomplete', result, message: result.summary };
    return { status: 'ok', result };
  },
  recover: async () => ({ status: 'not-started' }),
};
