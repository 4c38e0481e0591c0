import { createReadStream } from 'node:fs';
import { z } from 'zod';
import type { BackupServices } from '../backup/door.ts';
import { canaryTopic } from '../backup/drill/canary.ts';
import type { DrillResult } from '../backup/drill/drill.ts';
import { drillBodySpec, provesData, sabotageKinds, unknownLoads } from '../backup/drill/drill-spec.ts';
import type { RunOptions } from '../backup/drill/load/types.ts';
import { drillTopic } from '../backup/drill/state.ts';
import type { ReadLease } from '../backup/lease/read-lease.ts';
import { isoTime } from '../core/clock.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { formatDuration } from '../core/units.ts';
import type { Action, ActionContext } from '../engine/action.ts';
import type { FactStore } from '../record/types.ts';
import { lineOutput } from './command.ts';

export interface DrillServices extends BackupServices {
  facts: () => Promise<FactStore>;
}

const withSchema = z
  .strictObject({
    repo: z
      .string()
      .min(1)
      .describe('The leg to restore from: a folder, s3://bucket/prefix, or a name of the configuration.'),
    runbook: z.string().min(1).default('drill').describe('Under which name the result is remembered.'),
    ...drillBodySpec,
    rtoMs: z
      .number()
      .positive()
      .default(2 * 3_600_000)
      .describe('Objective: milliseconds until the smoke checks pass.'),
    rpoMs: z
      .number()
      .positive()
      .default(86_400_000)
      .describe('Objective: greatest age of the recovered data in milliseconds.'),
    sabotage: z.enum(sabotageKinds).default('none').describe('Makes the drill go wrong on purpose.'),
  })
  .refine((args) => provesData(args), {
    error:
      'the drill has no check that proves data; set compare: hashes, or add a canary, sqlite, sql or command check',
    path: ['checks'],
  })
  .refine((args) => unknownLoads(args).length === 0, {
    error:
      'a check asks a database that is not loaded, or two are loaded under one id; give each database of "load" its own id',
    path: ['load'],
  })
  .refine(({ stockPath, include }) => !stockPath || include.every((one) => /^\/[^*?[\]{}]*$/.test(one)), {
    error: 'the restore script knows no patterns; name files and folders by their whole paths in "include"',
    path: ['include'],
  });
type With = z.infer<typeof withSchema>;

const resultSchema = z.object({
  kind: z.enum(['restore', 'stock-path']),
  verdict: z.enum(['pass', 'partial', 'fail']),
  reasons: z.array(z.string()),
  location: z.string(),
  snapshot: z.string().nullable(),
  sabotage: z.string(),
  rtoMs: z.number().nullable(),
  rtoObjectiveMs: z.number(),
  rpoMs: z.number().nullable(),
  rpoObjectiveMs: z.number(),
  failureTime: z.string(),
  newestData: z.string().nullable(),
  phases: z.record(z.string(), z.number()),
  files: z.number(),
  bytes: z.number(),
  compared: z.object({ files: z.number(), bytes: z.number(), different: z.number() }).nullable(),
  checks: z.array(z.object({ check: z.string(), passed: z.boolean(), message: z.string(), durationMs: z.number() })),
  differences: z.array(z.string()),
  damagedObjects: z.array(z.string()),
  kept: z.string().nullable(),
});

/** Restores from one leg into a fresh folder, checks, compares and judges: pass, partial (exit 3) or fail (exit 9). */
export const drillRestore: Action<With, DrillServices> = {
  name: 'drill.restore',
  title: { en: 'Rehearse a restore', 'zh-CN': '恢复演练' },
  effect: 'write',
  withSchema,
  resultSchema,
  usesTargets: false,
  // It makes a folder of its own and takes it away again.
  idempotent: true,
  describe: ({ repo, snapshot, sabotage, stockPath }) =>
    `restore ${snapshot} from ${repo} into a fresh folder${stockPath ? ' with the restore script alone' : ''}, check it${sabotage === 'none' ? '' : `, sabotaged: ${sabotage}`}`,
  async apply(args, context) {
    const [{ runDrill }, { openRepository }, { leaseFor }, door] = await Promise.all([
      import('../backup/drill/drill.ts'),
      import('../backup/repository/open.ts'),
      import('../backup/with-repository.ts'),
      context.services.backup(),
    ]);
    const [location] = await door.repos([args.repo]);
    const identities = await door.identities(args.identityFile, [args.repo]);
    const store = await door.openStore(location!).catch((error: unknown) => error as Error);
    let lease: ReadLease | undefined;
    try {
      const open = async () => {
        if (store instanceof Error) throw store;
        const repository = await openRepository(store, identities);
        lease = await leaseFor(door, store, 'drill');
        return repository;
      };
      const { scratch, ...request } = args;
      const result = await runDrill(
        open,
        { ...request, ...(scratch ? { scratch } : {}) },
        {
          clock: context.clock,
          stateDir: door.stateDir,
          signal: AbortSignal.any([context.signal, context.stopping]),
          run: (argv, cwd, timeoutMs, options) => runCommand(context, argv, cwd, timeoutMs, options),
          secret: (ref) => context.secrets.resolve(ref),
          planted: async (name, before) => plantedValue(await context.services.facts(), name, before),
          identityFile: await door.identityPath(args.identityFile, [args.repo]),
          onProgress: (message) => context.progress({ message }),
        },
      );
      if (result.location === '') result.location = location!;
      const { next: _, ...facts } = result;
      await (await context.services.facts()).add(drillTopic, args.runbook, isoTime(context.clock.nowMs()), {
        run: context.runId,
        ...facts,
      });
      return outcomeOf(result);
    } catch (error) {
      if (context.stopping.aborted && !context.signal.aborted)
        return { status: 'stopped', message: 'the drill was stopped' };
      throw error;
    } finally {
      try {
        for (const warning of (await lease?.release()) ?? []) context.output('stderr', `warning: ${warning}\n`);
      } finally {
        if (!(store instanceof Error)) await store.close();
      }
    }
  },
  recover: async () => ({ status: 'not-started' }),
};

async function runCommand(
  context: ActionContext<DrillServices>,
  argv: string[],
  cwd: string,
  timeoutMs: number,
  { env, stdinFile, signal }: RunOptions = {},
) {
  const host = await context.host();
  const { exitCode, timedOut, stdout, stderr } = await host.run(
    {
      argv,
      cwd,
      env: { OAOPS_DRILL_ROOT: cwd, ...env },
      timeoutMs,
      onOutput: lineOutput(context),
      ...(stdinFile === undefined ? {} : { stdinSource: () => createReadStream(stdinFile) }),
    },
    signal ?? context.signal,
  );
  const tail = stderr.tail || stderr.head || stdout.tail || stdout.head;
  return { exitCode, timedOut, stdout: stdout.head, tail };
}

/** The newest value of this name that was planted before the snapshot began. */
async function plantedValue(facts: FactStore, name: string, before: string): Promise<string | undefined> {
  const rows = await facts.list(canaryTopic, { key: name, newestFirst: true });
  const row = rows.find(({ at }) => Date.parse(at) <= Date.parse(before));
  return (row?.body as { value?: string } | undefined)?.value;
}

function outcomeOf(result: DrillResult) {
  const { next, ...facts } = result;
  if (result.verdict === 'pass') return { status: 'ok' as const, result: facts };
  const message = `${result.verdict}: ${result.reasons.slice(0, 5).join('; ')}`;
  if (result.verdict === 'partial') return { status: 'incomplete' as const, result: facts, message };
  return {
    status: 'failed' as const,
    result: facts,
    message,
    code: 'drill-failed',
    exitCode: ExitCode.verificationFailed,
    next:
      result.sabotage === 'none'
        ? (next ??
          'Recovery from this leg does not work now: run "oaops backup verify" on it and restore from another leg.')
        : 'This is what a sabotaged drill must say.',
    retryable: false,
  };
}

/** One line for people: `pass, RTO 3.2 s of 2 h 00 min, RPO 20 min 05 s of 1 d 0 h`. */
export function drillLine(
  result: Pick<DrillResult, 'verdict' | 'rtoMs' | 'rtoObjectiveMs' | 'rpoMs' | 'rpoObjectiveMs'>,
): string {
  const of = (value: number | null, objective: number) =>
    `${value === null ? 'not reached' : formatDuration(value)} of ${formatDuration(objective)}`;
  return `${result.verdict}, RTO ${of(result.rtoMs, result.rtoObjectiveMs)}, RPO ${of(result.rpoMs, result.rpoObjectiveMs)}`;
}
