import { z } from 'zod';
import { formatDuration } from '../../core/units.ts';
import { durationSchema } from '../../runbook/schema/common.ts';
import { limitsObject, limitsSchema, measured, worst } from '../judging/limits.ts';
import type { NearCheckType } from '../types.ts';

const withSchema = z.strictObject({
  security: limitsSchema({ fail: 0 }).describe('Updates for security.'),
  updates: limitsObject().optional().describe('All updates.'),
  reboot: z.boolean().default(false).describe('true: a restart that updates wait for is a warning.'),
  maxAge: durationSchema.default(48 * 3_600_000).describe('Of the last look; what is older says nothing.'),
  maxListsAge: durationSchema.default(7 * 86_400_000).describe('Of the package lists that the host looked at then.'),
  manager: z.enum(['system', 'npm', 'pip']).default('system').describe('Whose updates.'),
});
type With = z.infer<typeof withSchema>;

/** What `oaops patch check` keeps of a host, as far as it is read here. */
const factSchema = z.object({
  status: z.enum(['judged', 'unknown']),
  reason: z.string().nullable(),
  listsAgeSeconds: z.number().nullable(),
  reboot: z.enum(['needed', 'not-needed', 'unknown']),
  counts: z.object({
    updates: z.number(),
    security: z.number().nullable(),
    unrated: z.number(),
    notUnderstood: z.number(),
  }),
  securityReason: z.string().nullable(),
  updates: z.array(z.object({ name: z.string(), available: z.string().nullable(), security: z.boolean().nullable() })),
});

/** Updates that the host had pending when it was last asked by `oaops patch check`. */
export const updates: NearCheckType<With> = {
  name: 'updates',
  place: 'here',
  title: { en: 'Pending updates', 'zh-CN': '待安装的更新' },
  withSchema,
  async measure({ security, updates: all, reboot, maxAge, maxListsAge, manager }, doors, about) {
    const { name } = about.host;
    const next = `Look now: oaops patch check ${name}`;
    const facts = await doors.facts();
    const [row] = await facts.list('patch.check', { key: `${manager} ${name}`, newestFirst: true, limit: 1 });
    if (!row) return { state: 'error', message: `nobody has looked for updates of ${name}`, next };
    const elapsedMs = about.nowMs - Date.parse(row.at);
    if (elapsedMs < -300_000)
      return {
        state: 'error',
        message: 'the last look for updates is in the future: the clock of this machine was changed',
        next,
      };
    const ageMs = Math.max(0, elapsedMs);
    const read = factSchema.safeParse(row.body);
    if (!read.success || !Number.isFinite(ageMs))
      return { state: 'error', message: 'what the record holds of the updates is not understood', next };
    const { status, reason, counts, securityReason, listsAgeSeconds, updates: pending, reboot: restart } = read.data;
    if (ageMs > maxAge)
      return { state: 'error', message: `the last look for updates was ${formatDuration(ageMs)} ago`, next };
    if (status === 'unknown') return { state: 'error', message: `the last look for updates failed: ${reason}`, next };
    if (listsAgeSeconds !== null && listsAgeSeconds * 1000 + ageMs > maxListsAge)
      return {
        state: 'error',
        message: `the package lists of ${name} are ${formatDuration(listsAgeSeconds * 1000 + ageMs)} old`,
        next: `Fetch them: oaops patch check ${name} --refresh --become`,
      };
    if (counts.security === null)
      return {
        state: 'error',
        message: `nobody knows which of ${counts.updates} updates are for security: ${securityReason}`,
      };
    const urgent = measured({ name: 'security', value: counts.security, unit: '', min: 0 }, security);
    const total = measured({ name: 'updates', value: counts.updates, unit: '', min: 0 }, all ?? {});
    const waits = reboot && restart === 'needed';
    // What may be for security, or was not read, is not nothing.
    const unsure = urgent.state === 'pass' && (counts.notUnderstood > 0 || counts.unrated > 0);
    return {
      state: worst([urgent.state, total.state, ...(waits || unsure ? (['warn'] as const) : [])]),
      message: [
        `${counts.security} security updates of ${counts.updates} updates, ${formatDuration(ageMs)} ago`,
        ...(counts.unrated > 0 ? [`${counts.unrated} are not rated`] : []),
        ...(counts.notUnderstood > 0
          ? [`${counts.notUnderstood} lines of the package manager are not understood`]
          : []),
        ...(waits ? ['a restart is needed'] : []),
      ].join('; '),
      measures: [urgent.measure, total.measure],
      details: pending.filter((one) => one.security === true).map((one) => `${one.name} ${one.available ?? ''}`.trim()),
    };
  },
};
