import { z } from 'zod';
import { formatDuration, formatSize } from '../../core/units.ts';
import { durationSchema } from '../../runbook/schema/common.ts';
import { limitsObject, measured, worst } from '../judging/limits.ts';
import type { NearCheckType } from '../types.ts';

const withSchema = z.strictObject({
  runbook: z.string().min(1).describe('The runbook that makes the backup.'),
  leg: z.string().min(1).optional().describe('Name or place of one leg; absent = all legs of the backup must have it.'),
  warn: durationSchema.default(26 * 3_600_000).describe('Age of the last good backup from which on it is a warning.'),
  fail: durationSchema.default(50 * 3_600_000).describe('Age from which on it is a failure.'),
  incomplete: z
    .boolean()
    .default(false)
    .describe('true: a backup that could not read everything it was told to counts as well.'),
  bytes: limitsObject()
    .optional()
    .describe('Size of what is in the last good backup: "1000000:" for at least so much.'),
});
type With = z.infer<typeof withSchema>;

/** What a run keeps of the backup that it made, as far as it is read here. */
const factSchema = z.object({
  snapshot: z.string().nullable(),
  bytes: z.number(),
  problems: z.record(z.string(), z.number()),
  legs: z.array(
    z.object({
      location: z.string(),
      name: z.string(),
      status: z.enum(['ok', 'failed']),
      error: z.string().nullable(),
    }),
  ),
});
type Fact = z.infer<typeof factSchema>;

/** How many backups are looked back at. */
const mostFacts = 200;

/** Age of the last good backup that a runbook of this machine has made, by the record. */
export const backupAge: NearCheckType<With> = {
  name: 'backup-age',
  place: 'here',
  title: { en: 'Age of the last good backup', 'zh-CN': '最近一次成功备份的时间' },
  withSchema,
  async measure({ runbook, leg, warn, fail, incomplete, bytes }, doors, about) {
    const facts = await doors.facts();
    const rows = await facts.list('backup', { key: runbook, newestFirst: true, limit: mostFacts });
    const next = `Look at it: oaops backup history --runbook ${runbook}`;
    if (rows.length === 0) return { state: 'fail', message: `the record knows of no backup by ${runbook}`, next };
    const read = rows.map(({ at, body }) => ({ at: Date.parse(at), fact: factSchema.safeParse(body).data }));
    if (read.some(({ at, fact }) => !fact || Number.isNaN(at)))
      return { state: 'error', message: 'what the record holds of the backups is not understood' };
    const judged = read.map(({ at, fact }) => ({ at, fact: fact!, fault: faultOf(fact!, leg, incomplete) }));
    const [last] = judged;
    const good = judged.find(({ fault }) => fault === undefined);
    const tried = `the last try, ${formatDuration(Math.max(0, about.nowMs - last!.at))} ago: ${last!.fault}`;
    if (!good) return { state: 'fail', message: `no good backup by ${runbook} is known; ${tried}`, next };
    const seconds = Math.round((about.nowMs - good.at) / 1000);
    if (seconds < -300)
      return { state: 'error', message: 'the last backup is in the future: the clock of this machine was changed' };
    const age = measured(
      { name: 'age', value: Math.max(0, seconds), unit: 's', min: 0 },
      { warn: warn / 1000, fail: fail / 1000 },
    );
    const size = bytes && measured({ name: 'size', value: good.fact.bytes, unit: 'B', min: 0 }, bytes);
    const failing = last!.fault !== undefined;
    const state = worst([age.state, size?.state ?? 'pass', ...(failing ? (['warn'] as const) : [])]);
    return {
      state,
      message: [
        `the last good backup is ${formatDuration(Math.max(0, seconds) * 1000)} old (${formatSize(good.fact.bytes)})`,
        ...(failing ? [tried] : []),
      ].join('; '),
      measures: [age.measure, ...(size ? [size.measure] : [])],
      ...(state === 'pass' ? {} : { next }),
    };
  },
};

/** Why a backup does not count; undefined when it does. */
function faultOf({ snapshot, problems, legs }: Fact, leg: string | undefined, incomplete: boolean): string | undefined {
  if (snapshot === null) return 'it made no snapshot';
  const chosen = leg === undefined ? legs : legs.filter(({ name, location }) => name === leg || location === leg);
  if (chosen.length === 0) return leg === undefined ? 'it went to no leg' : `it did not go to the leg ${leg}`;
  const bad = chosen.find(({ status }) => status !== 'ok');
  if (bad) return `the leg ${bad.name} failed: ${bad.error ?? 'no reason is known'}`;
  const left = (problems['unreadable'] ?? 0) + (problems['missingSources'] ?? 0) + (problems['failedDumps'] ?? 0);
  return left > 0 && !incomplete ? `it is incomplete (${left} things could not be read)` : undefined;
}
