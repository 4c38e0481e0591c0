import { z } from 'zod';
import { ExitCode } from '../core/exit-codes.ts';
import { parseDuration } from '../core/units.ts';
import { momentIn } from '../core/zoned-time.ts';
import type { Action, ActionContext, ActionOutcome } from '../engine/action.ts';
import { isByAnother } from '../engine/people/approvals.ts';
import type { FactStore } from '../record/types.ts';
import {
  type EvidenceCondition,
  type EvidenceFact,
  type EvidenceKind,
  evidenceProblem,
  evidenceTopic,
  type Precondition,
  preconditionSchema,
} from '../rollout/preconditions.ts';
import { type SiteCalendar, windowOpensAt, windowProblem } from '../rollout/window.ts';

interface Services {
  facts: () => Promise<FactStore>;
  /** Of the calendar, as they are written now. */
  calendar: () => Promise<SiteCalendar>;
}

const resultSchema = z.object({
  what: z.string(),
  sha256: z.string().nullable().describe('Of the package.'),
  evidence: z.array(z.string()).describe('Ids of the runs that the record names.'),
  overriddenBy: z.string().nullable(),
  reason: z.string().nullable().describe('Of the override.'),
  signer: z.string().nullable().describe('Whose signature of the package is good, with the fingerprint of the key.'),
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
  canWait: true,
  describe: describePrecondition,
  async apply(args, context) {
    const found = await look(args, context);
    const result = {
      what: args.what,
      sha256: found.sha256,
      evidence: found.evidence,
      overriddenBy: null,
      reason: null,
      signer: found.signer ?? null,
    };
    if (found.problem === undefined) return { status: 'ok', result };
    const override = await overrideOf(found.problem, context);
    if (override === undefined) return notMet(args, { ...found, problem: found.problem, result }, context);
    if ('status' in override) {
      const { wakeAtMs } = await wakeOf(args, context);
      return wakeAtMs === undefined ? override : { ...override, wakeAtMs };
    }
    return { status: 'ok', result: { ...result, overriddenBy: override.by, reason: override.reason } };
  },
  recover: async () => ({ status: 'not-started' }),
};

/**
 * Who took it upon themselves, by this very problem: what was known then, and nothing worse that came since. Where the runbook says so, only with
 * the signature of a second person under it, until which it waits.
 */
async function overrideOf(
  problem: string,
  context: ActionContext<Services>,
): Promise<{ by: string; reason: string } | ActionOutcome | undefined> {
  const override = await context.answer();
  if (override?.value !== 'override' || override.about !== problem) return undefined;
  const { by, comment: reason = '' } = override;
  const taken = `${problem}: overridden by ${by}: ${reason}`;
  if (context.step.secondPerson) {
    const nowMs = context.clock.nowMs();
    const signed = (await context.approvals()).filter((one) => one.about === taken && one.expiresAtMs > nowMs);
    const second = signed.find((one) => isByAnother(one, by));
    const rejection = await context.rejection();
    if (rejection?.about === taken) {
      context.warn(`the override by ${by} is rejected by ${rejection.by}: ${rejection.reason}`);
      return undefined;
    }
    if (!second) {
      return {
        status: 'waiting',
        message: taken,
        approves: taken,
        next: `Another person than ${by} runs: oaops approve ${context.runId} ${context.step.id}`,
      };
    }
    context.warn(`${taken}; approved by ${second.principal}`);
  } else context.warn(taken);
  return { by, reason };
}

/** Where nobody can tell when a window opens: the days are not announced, and may be at any time. */
const lookAgainMs = 3_600_000;

/** When what holds a batch up passes by itself, or is looked at again, whoever is asked meanwhile. */
async function wakeOf(
  args: Precondition,
  { clock, services, step }: ActionContext<Services>,
): Promise<{ wakeAtMs?: number; opens?: boolean }> {
  if (args.what !== 'window' || step.hold === undefined) return {};
  const opensAtMs = windowOpensAt(args, clock.nowMs(), await services.calendar());
  if (opensAtMs === undefined) return { wakeAtMs: clock.nowMs() + lookAgainMs };
  return { wakeAtMs: opensAtMs, opens: true };
}

/** Before anything is done it refuses; before a batch what passes by itself is waited for. */
async function notMet(
  args: Precondition,
  { problem, result }: { problem: string; result: Record<string, unknown> },
  context: ActionContext<Services>,
): Promise<ActionOutcome> {
  const { runId, step, timeZone } = context;
  if (args.what === 'window' && step.hold !== undefined) {
    const { wakeAtMs = context.clock.nowMs(), opens } = await wakeOf(args, context);
    const override = `take it upon yourself with "oaops patch override ${runId} ${step.id} --reason TEXT"`;
    return {
      status: 'waiting',
      message: problem,
      wakeAtMs,
      next: opens
        ? `"oaops tick" goes on after ${momentIn(timeZone, wakeAtMs)}; or ${override}.`
        : `Nobody has announced when it opens: "oaops tick" looks again after ${momentIn(timeZone, wakeAtMs)}. Import the notice of the year with "oaops calendar import FILE", or ${override}.`,
    };
  }
  return {
    status: 'failed',
    result,
    message: problem,
    code: 'precondition-not-met',
    exitCode: ExitCode.refused,
    retryable: false,
    next: `See to it and run "oaops patch resume ${runId}", or take it upon yourself with "oaops patch override ${runId} ${step.id} --reason TEXT".`,
  };
}

function describePrecondition(args: Precondition): string {
  switch (args.what) {
    case 'package': {
      const right =
        args.sha256 === undefined
          ? `the package ${args.artefact} is the one of the plan`
          : `the package ${args.artefact} has sha256 ${args.sha256}`;
      return args.signature === undefined ? right : `${right}, with a good signature in ${args.signature.file}`;
    }
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
  signer?: string;
}

async function look(args: Precondition, context: ActionContext<Services>): Promise<Found> {
  const nowMs = context.clock.nowMs();
  if (args.what === 'window') return told(windowProblem(args, nowMs, await context.services.calendar()), null, []);
  if (args.what === 'backup') return lookForBackup(args, context, nowMs);
  const sha256 = await hashOf(args.artefact, context);
  if (sha256 === null) return told(`${args.artefact} does not exist`, null, []);
  const found =
    args.what === 'package'
      ? await lookAtPackage(args, sha256, context)
      : await lookForEvidence(args, sha256, context, nowMs);
  // An override is by the problem, so it names this very file: it says nothing about another that lies there later.
  const { problem } = found;
  if (problem === undefined || found.sha256 === null || problem.includes(found.sha256)) return found;
  return { ...found, problem: `${problem}; its sha256 is ${found.sha256}` };
}

async function lookForEvidence(
  args: EvidenceCondition,
  sha256: string,
  context: ActionContext<Services>,
  nowMs: number,
): Promise<Found> {
  const kind: EvidenceKind = args.what === 'test-rounds' ? 'test-round' : args.what;
  const facts = await (await context.services.facts()).list(evidenceTopic(kind), { key: sha256 });
  const known = facts.map(({ at, body }) => ({ at, body: body as EvidenceFact }));
  const runs = [...new Set(known.map(({ body }) => body.run))];
  return told(evidenceProblem(args, known, nowMs), sha256, runs);
}

async function lookAtPackage(
  args: Extract<Precondition, { what: 'package' }>,
  sha256: string,
  context: ActionContext<Services>,
): Promise<Found> {
  const problem = packageProblem(args, sha256, context);
  if (problem !== undefined || args.signature === undefined) return told(problem, sha256, []);
  const { checkPackageSignature } = await import('./package-signature.ts');
  const found = await checkPackageSignature(args.artefact, args.signature, context);
  if ('problem' in found) return told(found.problem, sha256, []);
  // What was verified is what was hashed: it may have been exchanged in between.
  const again = await hashOf(args.artefact, context);
  if (again === null) return told(`${args.artefact} does not exist`, null, []);
  if (again !== sha256)
    return told(`${args.artefact} changed while it was looked at: sha256 ${sha256}, then ${again}`, sha256, []);
  return { ...told(undefined, sha256, []), signer: found.signer };
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
    return args.sha256 === undefined && args.signature === undefined
      ? `nothing says which file ${args.artefact} must be: it is no input of the plan, and neither sha256 nor signature is written`
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
