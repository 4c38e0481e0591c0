import { z } from 'zod';
import { formatDuration } from '../../core/units.ts';
import { durationSchema } from '../../runbook/schema/common.ts';
import { measured } from '../judging/limits.ts';
import type { NearCheckType } from '../types.ts';

const dayMs = 86_400_000;

const withSchema = z.strictObject({
  runbook: z.string().min(1).describe('The runbook of the drill.'),
  warn: durationSchema.default(92 * dayMs).describe('Age of the last drill that passed from which on it is a warning.'),
  fail: durationSchema.default(99 * dayMs).describe('Age from which on it is a failure.'),
  sabotage: durationSchema
    .optional()
    .describe(
      'A drill with planted damage must have turned red within this time: a drill that cannot fail proves nothing.',
    ),
});
type With = z.infer<typeof withSchema>;

/** What a drill keeps of itself, as far as it is read here. */
const factSchema = z.object({ verdict: z.string(), sabotage: z.string() });

const mostFacts = 200;

/** Age of the last restore drill or switch-over that passed, by the record. */
export const drillAge: NearCheckType<With> = {
  name: 'drill-age',
  place: 'here',
  title: { en: 'Age of the last drill that passed', 'zh-CN': '最近一次通过的演练' },
  withSchema,
  async measure({ runbook, warn, fail, sabotage }, doors, about) {
    const facts = await doors.facts();
    const rows = await facts.list('drill', { key: runbook, newestFirst: true, limit: mostFacts });
    const next = `Rehearse it: oaops drill run ${runbook}`;
    const read = rows.map(({ at, body }) => ({ at: Date.parse(at), fact: factSchema.safeParse(body).data }));
    if (read.some(({ at, fact }) => !fact || Number.isNaN(at)))
      return { state: 'error', message: 'what the record holds of the drills is not understood' };
    const drills = read.map(({ at, fact }) => ({ at, ...fact! }));
    const counting = drills.filter((drill) => drill.sabotage === 'none');
    const passed = counting.find(({ verdict }) => verdict === 'pass');
    if (!passed) return { state: 'fail', message: `the record knows of no drill by ${runbook} that passed`, next };
    if (drills.some(({ at }) => at - about.nowMs > 300_000))
      return { state: 'error', message: 'the last drill is in the future: the clock of this machine was changed' };
    const seconds = Math.max(0, Math.round((about.nowMs - passed.at) / 1000));
    const { measure, state } = measured(
      { name: 'age', value: seconds, unit: 's', min: 0 },
      { warn: warn / 1000, fail: fail / 1000 },
    );
    const age = `the last drill that passed was ${formatDuration(seconds * 1000)} ago`;
    const [last] = counting;
    if (last !== passed)
      return {
        state: 'fail',
        message: `the last drill was no pass (${last!.verdict}); ${age}`,
        measures: [measure],
        next,
      };
    const red = drills.find((drill) => drill.sabotage !== 'none' && drill.verdict === 'fail');
    if (sabotage !== undefined && (!red || about.nowMs - red.at > sabotage))
      return {
        state: 'fail',
        message: `no drill with planted damage has turned red within ${formatDuration(sabotage)}; ${age}`,
        measures: [measure],
        next: `Plant some: oaops drill run ${runbook} --sabotage flipped-bit`,
      };
    return { state, message: age, measures: [measure], ...(state === 'pass' ? {} : { next }) };
  },
};
