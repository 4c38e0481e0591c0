import { z } from 'zod';
import { ExitCode } from '../core/exit-codes.ts';
import { parseDuration } from '../core/units.ts';
import type { Action, ActionContext, ActionOutcome } from '../engine/action.ts';
import type { FactStore } from '../record/types.ts';
import {
  type EvidenceFact,
  type EvidenceKind,
  evidenceProblem,
  evidenceTopic,
  type Precondition,
  preconditionSchema,
  windowProblem,
} from '../rollout/preconditions.ts';

type Services = { facts: () => Promise<FactStore> };

const resultSchema = z.object({
  what: z.string(),
  sha256: z.string().nullable().describe('Of the package.'),
  evidence: z.array(z.string()).describe('Ids of the runs that the record names.'),
  overriddenBy: z.string().nullable(),
  reason: z.string().nullable().describe('Of the override.'),
});

/** A condition that must hold before a change (UP-03 to UP-06), looked up, never ticked off. A person can override it by name. */
export const patchRequire: Action<Precondition, Services> = {
  name: 'patch.require',
  title: { en: 'Require a precondition of a change', 'zh-CN': '检查变更前提条件' },
  effect: 'read',
  withSchema: preconditionSchema,
  resultSchema,
  usesTargets: false,
  idempotent: true,
  describe: describePrecondition,
  async apply(args, context) {
    const found = await look(args, context);
    const result = {
      what: args.what,
      sha256: found.sha256,
      evidence: found.evidence,
      overriddenBy: null,
      reason: null,
    };
    if (found.problem === undefined) return { status: 'ok', result };
    const override = await context.answer();
    // Taken upon oneself was what was known then, and nothing worse that came since.
    if (override?.value === 'override' && override.about === found.problem) {
      const { by, comment = '' } = override;
      context.warn(`${found.problem}: overridden by ${by}: ${comment}`);
      return { status: 'ok', result: { ...result, overriddenBy: by, reason: comment } };
    }
    return {
      status: 'failed',
      result,
      message: found.problem,
      code: 'precondition-not-met',
      exitCode: ExitCode.refused,
      retryable: false,
      next: `See to it and run "oaops patch resume ${context.runId}", or take it upon yourself with "oaops patch override ${context.runId} ${context.step.id} --reason TEXT".`,
    } satisfies ActionOutcome;
  },
  recover: async () => ({ status: 'not-started' }),
};

function describePrecondition(args: Precondition): string {
  switch (args.what) {
    case 'package':
      return args.sha256 === undefined
        ? `the package ${args.artefact} is the one of the plan`
        : `the package ${args.artefact} has sha256 ${args.sha256}`;
    case 'test-rounds':
      return `at least ${args.atLeast} test rounds passed by ${args.artefact}`;
    case 'risk':
      return `risk of ${args.artefact} assessed at no more than ${args.maxPercent} %`;
    case 'window':
      return `change window ${args.days.join(', ')} ${args.from} to ${args.to} (${args.timeZone}), freezes: ${args.freezes.length}`;
    case 'backup':
      return `a good backup by ${args.runbook}, not older than ${args.maxAge}`;
    case 'rehearsal':
      return `rollback of ${args.artefact} rehearsed within ${args.maxAge}`;
    case 'notice':
      return `users told about ${args.artefact} within ${args.maxAge}`;
  }
}

interface Found {
  problem?: string;
  sha256: string | null;
  evidence: string[];
}

async function look(args: Precondition, context: ActionContext<Services>): Promise<Found> {
  const nowMs = context.clock.nowMs();
  if (args.what === 'window') return told(windowProblem(args, nowMs), null, []);
  if (args.what === 'backup') return lookForBackup(args, context, nowMs);
  const sha256 = await hashOf(args.artefact, context);
  if (sha256 === null) return told(`${args.artefact} does not exist`, null, []);
  if (args.what === 'package') return told(packageProblem(args, sha256, context), sha256, []);
  const kind: EvidenceKind = args.what === 'test-rounds' ? 'test-round' : args.what;
  const facts = await (await context.services.facts()).list(evidenceTopic(kind), { key: sha256 });
  const known = facts.map(({ at, body }) => ({ at, body: body as EvidenceFact }));
  const runs = [...new Set(known.map(({ body }) => body.run))];
  return told(evidenceProblem(args, known, nowMs), sha256, runs);
}

/** The package of the plan, when it is one of the inputs: it must not have changed since. */
function packageProblem(
  args: Extract<Precondition, { what: 'package' }>,
  sha256: string,
  { plan }: ActionContext,
): string | undefined {
  if (args.sha256 !== undefined && args.sha256 !== sha256)
    return `${args.artefact} has sha256 ${sha256}, not ${args.sha256}`;
  const planned = Object.values(plan.inputs).find(
    (input): input is { path: string; sha256: string } =>
      typeof input === 'object' &&
      input !== null &&
      'path' in input &&
      input.path === args.artefact &&
      'sha256' in input,
  );
  if (!planned)
    return args.sha256 === undefined
      ? `nothing says which file ${args.artefact} must be: it is no input of the plan, and no sha256 is written`
      : undefined;
  return planned.sha256 === sha256 ? undefined : `${args.artefact} is not the file that the plan was made with`;
}

async function lookForBackup(
  { runbook, maxAge }: Extract<Precondition, { what: 'backup' }>,
  context: ActionContext<Services>,
  nowMs: number,
): Promise<Found> {
  const [last] = await (await context.services.facts()).list('backup', { key: runbook, limit: 1, newestFirst: true });
  if (!last) return told(`there is no backup by ${runbook} on record`, null, []);
  const { run, exitCode } = last.body as { run: string; exitCode: number };
  if (exitCode !== ExitCode.success)
    return told(`the last backup by ${runbook} did not go well (run ${run})`, null, [run]);
  if (nowMs - Date.parse(last.at) > parseDuration(maxAge))
    return told(`the last backup by ${runbook} was at ${last.at}, longer ago than ${maxAge}`, null, [run]);
  return told(undefined, null, [run]);
}

async function hashOf(file: string, context: ActionContext<Services>): Promise<string | null> {
  const host = await context.hostNamed(undefined, context.signal);
  return (await host.hashFile(file, context.signal))?.sha256 ?? null;
}

function told(problem: string | undefined, sha256: string | null, evidence: string[]): Found {
  return { ...(problem === undefined ? {} : { problem }), sha256, evidence };
}
