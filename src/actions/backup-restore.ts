import { z } from 'zod';
import type { BackupServices } from '../backup/door.ts';
import { OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { count, formatSize } from '../core/units.ts';
import type { Action } from '../engine/action.ts';

const withSchema = z.strictObject({
  repo: z
    .string()
    .min(1)
    .describe(
      'Folder, s3://bucket/prefix, or a name of the configuration: then what one leg cannot give comes from another.',
    ),
  snapshot: z.string().min(1).default('latest').describe('latest, an id, or part of one.'),
  target: z.string().min(1).describe('Empty or new folder; files get their full path below it.'),
  include: z.array(z.string().min(1)).default([]).describe('Only what matches; default everything.'),
  exclude: z.array(z.string().min(1)).default([]).describe('Not what matches.'),
  owners: z.enum(['numbers', 'names', 'none']).optional().describe('Default numbers as root, none otherwise.'),
  identityFile: z.string().min(1).optional().describe('Private age key; else OAOPS_IDENTITY_FILE.'),
});
type With = z.infer<typeof withSchema>;

const resultSchema = z.object({
  snapshot: z.string(),
  snapshotTime: z.string(),
  location: z.string(),
  target: z.string(),
  files: z.number(),
  folders: z.number(),
  bytes: z.number(),
  durationMs: z.number(),
  problems: z.array(z.object({ class: z.string(), path: z.string(), message: z.string() })),
  lostEntries: z.array(
    z.object({ object: z.string(), entries: z.number(), first: z.string(), last: z.string(), problem: z.string() }),
  ),
  damagedObjects: z.array(
    z.object({ object: z.string(), location: z.string(), problem: z.string(), recovered: z.boolean() }),
  ),
  ownersNotSet: z.number(),
  warnings: z.array(z.string()),
});

/** Restores a snapshot, or a part of it, into an empty folder. */
export const backupRestore: Action<With, BackupServices> = {
  name: 'backup.restore',
  title: { en: 'Restore from a backup', 'zh-CN': '从备份恢复' },
  // Nothing is ever overwritten.
  effect: 'write',
  withSchema,
  resultSchema,
  usesTargets: false,
  // The second time the target is not empty any more.
  idempotent: false,
  describe: ({ repo, snapshot, target }) => `restore ${snapshot} from ${repo} to ${target}`,
  async apply(args, context) {
    const [{ restoreSnapshot }, { withAllLegs }, door] = await Promise.all([
      import('../backup/restore/restore.ts'),
      import('../backup/with-repository.ts'),
      context.services.backup(),
    ]);
    const { repo, identityFile, owners, ...request } = args;
    try {
      const place = {
        clock: context.clock,
        stateDir: door.stateDir,
        signal: AbortSignal.any([context.signal, context.stopping]),
        onProgress: ({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number }) =>
          context.progress({ message: formatSize(bytesDone), done: bytesDone, total: bytesTotal, unit: 'bytes' }),
      };
      const given = { repo, identity: identityFile, readsContent: true, lease: 'restore' };
      const found = await withAllLegs(door, given, (repository) =>
        restoreSnapshot(repository, { ...request, ...(owners ? { owners } : {}) }, place),
      );
      for (const warning of found.warnings) context.output('stderr', `warning: ${warning}\n`);
      for (const { path, message } of found.problems) context.output('stderr', `${path}: ${message}\n`);
      const result = resultSchema.parse({ ...found, problems: found.problems.slice(0, 1000) });
      if (found.exitCode === ExitCode.success) return { status: 'ok', result };
      const first =
        found.problems[0] ?? found.lostEntries.map(({ object, problem }) => ({ path: object, message: problem }))[0];
      const problems = count(found.problems.length + found.lostEntries.length, 'problem');
      const message = `${problems}${first ? `; first: ${first.path}: ${first.message}` : ''}`;
      if (found.exitCode === ExitCode.incomplete) return { status: 'incomplete', result, message };
      return {
        status: 'failed',
        result,
        message,
        next: 'Nothing of it could be restored: try another snapshot, or a leg that is not named here.',
        code: 'restore-damaged',
        exitCode: found.exitCode,
        retryable: false,
      };
    } catch (error) {
      if (!(error instanceof OaopsError)) throw error;
      const { code, message, exitCode, next } = error;
      return { status: 'failed', result: {}, message, code, exitCode, ...(next ? { next } : {}), retryable: false };
    }
  },
};
