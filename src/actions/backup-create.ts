import { z } from 'zod';
import type { BackupServices } from '../backup/door.ts';
import { describeSource } from '../backup/sources/kinds.ts';
import { dumpSourcesSchema } from '../backup/sources/schema.ts';
import { backupContentSpec, guardsSpec } from '../backup/spec.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { count } from '../core/units.ts';
import type { Action } from '../engine/action.ts';
import { selectTargets } from '../engine/plan/targets.ts';
import { oneOrManySchema } from '../runbook/schema/common.ts';

const withSchema = z.strictObject({
  paths: z
    .union([z.string().min(1), z.array(z.string().min(1))])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .default([])
    .describe('Files and folders to back up.'),
  dumps: dumpSourcesSchema
    .optional()
    .describe('Databases, directories and commands to dump, before the files are read.'),
  repos: oneOrManySchema.describe(
    'Legs of one repository: folders, s3://bucket/prefix, or a name of the configuration.',
  ),
  runbook: z.string().min(1).optional().describe('Name of the runbook, kept in the snapshot.'),
  guards: z
    .strictObject({
      maxShrinkPercent: guardsSpec.maxShrinkPercent.optional(),
      maxChangePercent: guardsSpec.maxChangePercent.optional(),
    })
    .optional()
    .describe('A snapshot beyond these is stored, but the run is incomplete and nothing is pruned.'),
  ...backupContentSpec,
});
type With = z.infer<typeof withSchema>;

const resultSchema = z.object({
  snapshot: z.string(),
  status: z.enum(['complete', 'incomplete']),
  guard: z.object({ kind: z.enum(['shrank', 'changed']), percent: z.number() }).nullable(),
  files: z.number(),
  bytes: z.number(),
  filesNew: z.number(),
  filesChanged: z.number(),
  filesUnchanged: z.number(),
  addedBytes: z.number(),
  storedBytes: z.number(),
  unreadable: z.number(),
  vanished: z.number(),
  changed: z.number(),
  missingSources: z.number(),
  failedDumps: z.number(),
  durationMs: z.number(),
  legs: z.array(
    z.object({
      location: z.string(),
      status: z.enum(['ok', 'failed']),
      storedBytes: z.number(),
      error: z.string().nullable(),
    }),
  ),
});

/** Makes one snapshot of files and folders on every leg. */
export const backupCreate: Action<With, BackupServices> = {
  name: 'backup.create',
  title: { en: 'Make a backup', 'zh-CN': '创建备份' },
  effect: 'write',
  withSchema,
  resultSchema,
  usesTargets: false,
  // A second backup adds a snapshot and takes nothing away.
  idempotent: true,
  describe: ({ paths, dumps, repos }) =>
    `back up ${[...(dumps ?? []).map(describeSource), ...(list(paths) === '' ? [] : [list(paths)])].join('; ')} to ${list(repos)}`,
  async apply(args, context) {
    const [{ runBackup }, { problemText }, door] = await Promise.all([
      import('../backup/create/backup-job.ts'),
      import('../backup/report.ts'),
      context.services.backup(),
    ]);
    const { identityFile, repos, refreshBelowPercent, ...request } = args;
    const refreshBelow = refreshBelowPercent === undefined ? {} : { refreshBelow: refreshBelowPercent / 100 };
    try {
      // A name that is not known is a mistake in the runbook: nothing is begun.
      const { hosts } = context.plan.inventory;
      for (const { host } of args.dumps ?? []) if (host !== undefined) selectTargets([host], { sources: [], hosts });
      const result = await runBackup(
        { ...present(request), ...refreshBelow, paths: args.paths, repos: await door.repos(repos), cwd: process.cwd() },
        {
          ...door,
          keys: await door.identities(identityFile, repos),
          dumpDoor: {
            host: (name, signal) => context.hostNamed(name, signal),
            secret: (ref) => context.secrets.resolve(ref),
            redact: (text) => context.redact(text),
          },
          signal: context.signal,
          stopping: context.stopping,
          onProgress: ({ filesDone, bytesDone, before }) =>
            context.progress({
              message: count(filesDone, 'file'),
              done: bytesDone,
              // As much as last time, as long as there is not more.
              ...(before && before.bytes >= bytesDone ? { total: before.bytes } : {}),
              unit: 'bytes',
            }),
          onProblem: (problem) => context.output('stderr', `${problemText(problem, (english) => english)}\n`),
          onWarning: context.warn,
        },
      );
      const { counts } = result;
      const facts = {
        snapshot: result.snapshot,
        status: result.status,
        guard: result.guard ?? null,
        files: counts.files,
        bytes: counts.bytes,
        filesNew: counts.filesNew,
        filesChanged: counts.filesChanged,
        filesUnchanged: counts.filesUnchanged,
        addedBytes: counts.dataAddedBytes,
        storedBytes: counts.storedAddedBytes,
        unreadable: counts.unreadable,
        vanished: counts.vanished,
        changed: counts.changed,
        missingSources: counts.missingSources,
        failedDumps: counts.failedDumps,
        durationMs: result.durationMs,
        legs: result.legs.map(({ location, status, storedBytes, error }) => ({
          location,
          status,
          storedBytes,
          error: error?.message ?? null,
        })),
      };
      if (result.exitCode === ExitCode.success) return { status: 'ok', result: facts };
      const failed = result.problems.find((problem) => problem.class === 'dump-failed');
      const why = failed ? `; ${problemText(failed, (english) => english)}` : '';
      return { status: 'incomplete', result: facts, message: `${incompleteMessage(facts)}${why}` };
    } catch (error) {
      if (!(error instanceof OaopsError)) throw error;
      if (error.code === 'backup-stopped') return { status: 'stopped', message: error.message };
      return {
        status: 'failed',
        result: {},
        message: messageOf(error),
        code: error.code,
        exitCode: error.exitCode,
        ...(error.next === undefined ? {} : { next: error.next }),
        // A leg may answer again; a wrong path or a missing repository will not.
        retryable: ['legs-failed', 'dumps-failed', 'lease-held', 'host-lock-held'].includes(error.code),
      };
    }
  },
};

function incompleteMessage(facts: z.infer<typeof resultSchema>): string {
  const parts: string[] = [];
  if (facts.guard)
    parts.push(
      facts.guard.kind === 'shrank'
        ? `it shrank by ${facts.guard.percent} %`
        : `${facts.guard.percent} % of it changed`,
    );
  for (const name of ['unreadable', 'vanished', 'changed', 'missingSources'] as const)
    if (facts[name] > 0)
      parts.push(
        name === 'missingSources'
          ? `${facts[name]} source path${facts[name] === 1 ? '' : 's'} missing`
          : `${facts[name]} ${name}`,
      );
  if (facts.failedDumps > 0) parts.push(`${count(facts.failedDumps, 'dump')} failed`);
  for (const leg of facts.legs) if (leg.status === 'failed') parts.push(`${leg.location} failed: ${leg.error}`);
  return parts.join(', ');
}

/** Plans may hold arguments as one text where several are allowed; the schema has made lists of them by now. */
function list(values: readonly string[] | string): string {
  return typeof values === 'string' ? values : values.join(', ');
}

/** Members that were given; `exactOptionalPropertyTypes` wants no undefined ones. */
function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
