import { z } from 'zod';
import type { BackupServices } from '../backup/door.ts';
import type { ReadLease } from '../backup/lease/read-lease.ts';
import { verifyFact, verifyTopic } from '../backup/verify/facts.ts';
import { verifyLevels } from '../backup/verify/levels.ts';
import { isoTime } from '../core/clock.ts';
import { OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { count } from '../core/units.ts';
import type { Action } from '../engine/action.ts';
import type { FactStore } from '../record/types.ts';

const withSchema = z.strictObject({
  repo: z
    .string()
    .min(1)
    .describe('Folder, s3://bucket/prefix, or a name of the configuration: then each of its legs.'),
  level: z.enum(verifyLevels).default('structure').describe('How much is read.'),
  share: z
    .number()
    .positive()
    .max(1)
    .default(0.1)
    .describe('Share of the packs that sample reads, or of the files that spot compares.'),
  seed: z.string().min(1).optional().describe('Chooses the files of spot; default a new one each time.'),
  snapshot: z.string().min(1).optional().describe('Only this snapshot; default all.'),
  identityFile: z.string().min(1).optional().describe('Private age key; without one only stored bytes are compared.'),
  unreachable: z
    .enum(['failed', 'incomplete'])
    .default('failed')
    .describe('What the step is when a leg cannot be reached.'),
});
type With = z.infer<typeof withSchema>;

const legSchema = z.object({
  location: z.string(),
  snapshots: z.number(),
  packs: z.number(),
  packsRead: z.number(),
  bytesRead: z.number(),
  decrypted: z.boolean(),
  contentsChecked: z.number(),
  problems: z.array(z.object({ object: z.string(), problem: z.string(), snapshots: z.array(z.string()) })),
  affectedFiles: z.array(z.string()),
  spot: z
    .object({
      snapshot: z.string(),
      seed: z.string(),
      files: z.number(),
      chosen: z.number(),
      same: z.number(),
      changed: z.number(),
      gone: z.number(),
      unreadable: z.number(),
    })
    .optional(),
});

/** Checks what the snapshots of a repository need, leg by leg. */
export const backupVerify: Action<With, BackupServices & { facts: () => Promise<FactStore> }> = {
  name: 'backup.verify',
  title: { en: 'Verify a backup repository', 'zh-CN': '校验备份仓库' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({ level: z.enum(verifyLevels), problems: z.number(), legs: z.array(legSchema) }),
  usesTargets: false,
  idempotent: true,
  describe: ({ repo, level }) => `verify ${repo} (${level})`,
  async apply(args, context) {
    const [{ verifyRepository }, { openRepository }, { leaseFor }, door] = await Promise.all([
      import('../backup/verify/verify.ts'),
      import('../backup/repository/open.ts'),
      import('../backup/with-repository.ts'),
      context.services.backup(),
    ]);
    const signal = AbortSignal.any([context.signal, context.stopping]);
    const legs: z.infer<typeof legSchema>[] = [];
    let incomplete = false;
    const away: OaopsError[] = [];
    let identities: Awaited<ReturnType<typeof door.identities>>;
    const verifyLeg = async (location: string) => {
      const store = await door.openStore(location);
      let lease: ReadLease | undefined;
      try {
        const request = {
          level: args.level,
          share: args.share,
          ...(args.snapshot ? { snapshot: args.snapshot } : {}),
          ...(args.seed ? { seed: args.seed } : {}),
        };
        const repository = await openRepository(store, identities);
        lease = await leaseFor(door, store, 'verify');
        const found = await verifyRepository(repository, request, {
          ...door,
          signal,
          onProgress: ({ done, total }) => context.progress({ message: location, done, total }),
        });
        legs.push(legSchema.parse(found));
        incomplete ||= found.exitCode === ExitCode.incomplete;
        const at = isoTime(context.clock.nowMs());
        const facts = await context.services.facts();
        await facts.add(verifyTopic, location, at, { run: context.runId, ...verifyFact(found) });
      } finally {
        try {
          for (const warning of (await lease?.release()) ?? []) context.output('stderr', `warning: ${warning}\n`);
        } finally {
          await store.close();
        }
      }
    };
    try {
      identities = await door.identities(args.identityFile, [args.repo]);
      for (const location of await door.repos([args.repo])) {
        try {
          await verifyLeg(location);
        } catch (error) {
          if (args.unreachable === 'failed' || !isAway(error)) throw error;
          away.push(error);
          context.output('stderr', `${location}: ${error.message}\n`);
        }
      }
    } catch (error) {
      if (context.stopping.aborted && !context.signal.aborted)
        return { status: 'stopped', message: 'the verification was stopped' };
      if (!(error instanceof OaopsError)) throw error;
      const { code, message, exitCode, next } = error;
      return {
        status: 'failed',
        result: { level: args.level, problems: 0, legs },
        message,
        code,
        exitCode,
        ...(next ? { next } : {}),
      };
    }
    const problems = legs.reduce((sum, leg) => sum + leg.problems.length, 0);
    const result = { level: args.level, problems, legs };
    if (problems === 0 && away.length > 0)
      return {
        status: 'incomplete',
        result,
        message: `not verified: ${away[0]!.message}`,
      };
    if (problems === 0 && incomplete)
      return { status: 'incomplete', result, message: 'some files could not be compared with the live source' };
    if (problems === 0) return { status: 'ok', result };
    const bad = legs.filter((leg) => leg.problems.length > 0);
    const first = bad[0]!.problems[0]!;
    return {
      status: 'failed',
      result,
      message: `found ${count(problems, 'problem')} at ${bad.map(({ location }) => location).join(', ')}; first: ${first.object}: ${first.problem}`,
      next: 'Restore from another leg what is needed now; "oaops backup verify" names the files affected.',
      code: 'verification-failed',
      exitCode: ExitCode.verificationFailed,
      retryable: false,
    };
  },
  recover: async () => ({ status: 'not-started' }),
};

/** Not there, or not to be reached: what a leg in another place may be for a while. */
function isAway(error: unknown): error is OaopsError {
  const codes: ExitCode[] = [ExitCode.failed, ExitCode.repositoryMissing];
  return error instanceof OaopsError && codes.includes(error.exitCode);
}
