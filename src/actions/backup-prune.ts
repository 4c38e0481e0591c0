import { hostname } from 'node:os';
import { z } from 'zod';
import type { BackupServices } from '../backup/door.ts';
import { durationText, retentionSchema } from '../backup/retention/rules-schema.ts';
import { isoTime } from '../core/clock.ts';
import { OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import type { Action } from '../engine/action.ts';
import type { FactStore } from '../record/types.ts';
import { durationSchema, oneOrManySchema } from '../runbook/schema/common.ts';

const withSchema = z.strictObject({
  repos: oneOrManySchema.describe(
    'Legs of one repository: folders, s3://bucket/prefix, or a name of the configuration.',
  ),
  rules: retentionSchema
    .optional()
    .describe('What is kept; without, only contents that no snapshot needs are removed.'),
  runbook: z.string().min(1).optional().describe('The rules are for snapshots of this runbook on this host only.'),
  host: z.string().min(1).optional().describe('The rules are for snapshots of this host only.'),
  timeZone: z.string().min(1).optional().describe('Whose days and weeks count; default that of the configuration.'),
  grace: durationSchema.optional().describe('Time between mark and deletion; default 20h.'),
});
type With = z.infer<typeof withSchema>;

const amountSchema = z.object({ objects: z.number(), bytes: z.number() });
const resultSchema = z.object({
  removed: z.array(z.string()),
  legs: z.array(
    z.object({
      location: z.string(),
      status: z.enum(['ok', 'failed']),
      error: z.string().nullable(),
      kept: z.number(),
      removed: z.array(z.string()),
      marked: amountSchema,
      deleted: amountSchema,
      retained: amountSchema,
    }),
  ),
  stopped: z.array(z.string()),
});

/** Removes snapshots that no rule keeps, and in two steps what only they needed. */
export const backupPrune: Action<With, BackupServices & { facts: () => Promise<FactStore> }> = {
  name: 'backup.prune',
  title: { en: 'Prune a backup repository', 'zh-CN': '清理备份仓库' },
  effect: 'destructive',
  withSchema,
  resultSchema,
  usesTargets: false,
  idempotent: true,
  describe: ({ repos, rules, runbook }) =>
    `prune ${[repos].flat().join(', ')}${runbook ? ` of what ${runbook} made` : ''}: ${rules ? `keep ${ruleText(rules)}` : 'only what no snapshot needs'}`,
  async apply(args, context) {
    const [{ pruneRepository }, { pruneRequestOf }, { pruneFacts, pruneText, pruneTopic }, door] = await Promise.all([
      import('../backup/prune/prune.ts'),
      import('../backup/prune/request.ts'),
      import('../backup/prune/report.ts'),
      context.services.backup(),
    ]);
    try {
      const request = await pruneRequestOf(door, {
        repo: args.repos,
        rules: args.rules ?? {},
        timeZone: args.timeZone ?? (await door.timeZone()),
        runbook: args.runbook,
        host: args.host ?? (args.runbook === undefined ? undefined : hostname()),
        graceMs: args.grace,
        dryRun: false,
      });
      const done = await pruneRepository(request, {
        ...door,
        signal: AbortSignal.any([context.signal, context.stopping]),
        onProgress: (message) => context.progress({ message }),
      });
      const facts = await context.services.facts();
      const at = isoTime(context.clock.nowMs());
      await facts.add(pruneTopic, done.repositoryId, at, { run: context.runId, ...pruneFacts(done) });
      for (const warning of done.warnings) context.warn(warning);
      const legs = done.legs.map(({ location, status, error, pruned }) => ({
        location,
        status,
        error: error?.message ?? null,
        kept: pruned?.snapshots.filter((one) => one.keep || one.retained).length ?? 0,
        removed: pruned?.snapshots.flatMap((one) => (one.keep || one.retained ? [] : one.snapshot)) ?? [],
        marked: pruned?.marked ?? nothing,
        deleted: pruned?.swept ?? nothing,
        retained: pruned?.retained ?? nothing,
      }));
      const stopped = [...new Set(done.legs.flatMap(({ pruned }) => pruned?.stopped ?? []).map(({ why }) => why))];
      const removed = [...new Set(legs.flatMap((leg) => leg.removed))].sort();
      const result = { removed, legs, stopped };
      context.output('stdout', `${pruneText(done, context.clock.nowMs())}\n`);
      if (done.exitCode === ExitCode.success) return { status: 'ok', result };
      const failed = legs
        .filter(({ error }) => error !== null)
        .map(({ location, error }) => `${location} failed: ${error}`);
      const message = [...failed, ...stopped.map((why) => `left whole: ${why}`)].join('; ');
      return { status: 'incomplete', result, message };
    } catch (error) {
      if (context.stopping.aborted && !context.signal.aborted)
        return { status: 'stopped', message: 'the pruning was stopped' };
      if (!(error instanceof OaopsError)) throw error;
      const { code, message, exitCode, next } = error;
      const retryable = ['lease-held', 'lease-lost'].includes(code);
      return { status: 'failed', result: {}, message, code, exitCode, ...(next ? { next } : {}), retryable };
    }
  },
  // It goes on where it was.
  recover: async () => ({ status: 'not-started' }),
};

const nothing = { objects: 0, bytes: 0 };

function ruleText(rules: NonNullable<With['rules']>): string {
  return Object.entries(rules)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.replace('keep', '').toLowerCase()} ${name === 'keepWithin' ? shown(value) : value}`)
    .join(', ');
}

/** A plan holds the text that was written; the schema has made milliseconds of it by now. */
function shown(value: unknown): string {
  return typeof value === 'number' ? durationText(value) : String(value);
}
