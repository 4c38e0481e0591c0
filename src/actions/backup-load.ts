import { z } from 'zod';
import type { BackupServices } from '../backup/door.ts';
import { OaopsError } from '../core/errors.ts';
import type { Action } from '../engine/action.ts';
import { selectTargets } from '../engine/plan/targets.ts';
import { oneOrManySchema, secretRefSchema } from '../runbook/schema/common.ts';

const withSchema = z.strictObject({
  repos: oneOrManySchema.describe(
    'Legs of the repository: folders, s3://bucket/prefix, or a name of the configuration.',
  ),
  snapshot: z.string().min(1).default('latest').describe('latest, an id, or part of one.'),
  type: z.enum(['postgres', 'mysql', 'sqlite', 'ldap', 'command']).describe('Type of the source.'),
  source: z.string().min(1).describe('Id of the source in the runbook that made the backup.'),
  from: z.string().min(1).optional().describe('Database or file of the source, when it has several.'),
  database: z
    .string()
    .min(1)
    .optional()
    .describe('Name of the new database; for sqlite a file, for ldap a folder. One that exists is refused.'),
  host: z
    .string()
    .min(1)
    .optional()
    .describe('Inventory name of the host on which the programs run; default this machine.'),
  address: z.string().min(1).optional().describe('Host name or socket of the server.'),
  port: z.int().min(1).max(65_535).optional(),
  user: z.string().min(1).optional().describe('Name to log in with at the server.'),
  password: z
    .union([secretRefSchema, z.string().regex(/^\$\{\{.+\}\}$/s)])
    .optional()
    .describe('Where the password is read from.'),
  programs: z.string().min(1).optional().describe('Folder of the client programs.'),
  via: z.array(z.string().min(1)).min(1).optional().describe('Words before every program.'),
  load: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('For commands: program and arguments that read the dump on standard input.'),
  identityFile: z.string().min(1).optional().describe('Private age key; else OAOPS_IDENTITY_FILE.'),
});
type With = z.infer<typeof withSchema>;

const resultSchema = z.object({
  snapshot: z.string(),
  source: z.string(),
  type: z.string(),
  file: z.string(),
  from: z.string().nullable(),
  host: z.string(),
  database: z.string().nullable(),
  bytes: z.number(),
  tables: z.number().nullable(),
  rows: z.number().nullable(),
  entries: z.number().nullable(),
  durationMs: z.number(),
});

/** Loads the dump of a source into a new database; never over one that is there. */
export const backupLoad: Action<With, BackupServices> = {
  name: 'backup.load',
  title: { en: 'Load a dump from a backup', 'zh-CN': '从备份加载数据库' },
  effect: 'write',
  withSchema,
  resultSchema,
  usesTargets: false,
  // The second time the database is there.
  idempotent: false,
  describe: ({ type, source, from, database, host, repos }) =>
    `load ${from ?? 'the dump'} of ${source} (${type}) from ${[repos].flat().join(', ')} into ${database ?? 'a command'}${host ? ` on ${host}` : ''}`,
  async apply(args, context) {
    const [{ loadDump }, { withAllLegs }, door] = await Promise.all([
      import('../backup/sources/load/load.ts'),
      import('../backup/with-repository.ts'),
      context.services.backup(),
    ]);
    const { repos, snapshot, type, source, from, database = '', host, load, identityFile, ...server } = args;
    try {
      const { hosts } = context.plan.inventory;
      if (host !== undefined) selectTargets([host], { sources: [], hosts });
      const signal = AbortSignal.any([context.signal, context.stopping]);
      const place = {
        host: await context.hostNamed(host, signal),
        secret: (ref: string) => context.secrets.resolve(ref),
        redact: (text: string) => context.redact(text),
        stateDir: door.stateDir,
        clock: context.clock,
        random: door.random,
        signal,
        onProgress: ({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number }) =>
          context.progress({ done: bytesDone, total: bytesTotal, unit: 'bytes' }),
      };
      const target = { database, replace: false, ...server, ...(load ? { argv: load } : {}) };
      const reading = { repo: repos, identity: identityFile, readsContent: true, lease: 'restore' };
      const found = await withAllLegs(door, reading, (repository) =>
        loadDump(repository, { snapshot, as: type, source, from, target }, place),
      );
      for (const warning of found.warnings) context.output('stderr', `warning: ${warning}\n`);
      return { status: 'ok', result: resultSchema.parse(found) };
    } catch (error) {
      if (!(error instanceof OaopsError)) throw error;
      const { code, message, exitCode, next } = error;
      return { status: 'failed', result: {}, message, code, exitCode, ...(next ? { next } : {}), retryable: false };
    }
  },
};
