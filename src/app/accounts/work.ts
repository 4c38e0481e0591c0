import type { Audit } from '../../accounts/audit/audit.ts';
import type { AccountWork } from '../../accounts/expand.ts';
import { planCleanup } from '../../accounts/plan/cleanup.ts';
import { heldAccounts } from '../../accounts/record/held.ts';
import { planReview } from '../../accounts/review/plan.ts';
import { cleanupSchema } from '../../accounts/schema/rules.ts';
import type { AccountSpec, Company } from '../../accounts/schema/spec.ts';
import type { App } from '../../app.ts';
import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { openingWork, revocationWork, transferWork } from './person.ts';

export interface WorkContext {
  app: App;
  canApprove: boolean;
  actor: string;
  /** Names of hosts of the inventory for target selectors. */
  hostNames(selectors: readonly string[]): string[];
  /** Reads everything, once. */
  audit(options?: { sourcesMayFail?: boolean }): Promise<Audit>;
}

/** What there is to do for an operation. @throws OaopsError as its planning does */
export async function planWork(
  spec: AccountSpec,
  company: Company,
  context: WorkContext,
): Promise<Omit<AccountWork, 'company'>> {
  const nothing = { changes: [], deletions: [], openings: [], spared: [], canApprove: context.canApprove };
  switch (spec.operation) {
    case 'audit':
    case 'policy':
      return nothing;
    case 'cleanup': {
      const audit = await context.audit();
      const { secondPerson, ...entries } = planCleanup(audit, company, {
        cleanup: spec.cleanup ?? cleanupSchema.parse({}),
        held: await heldAccounts((await context.app.record()).facts),
        actor: context.actor,
        ...(spec.findings ? { findings: spec.findings } : {}),
      });
      return {
        ...nothing,
        ...entries,
        ...(secondPerson.length > 0 ? { secondPerson: askSecond(secondPerson, context) } : {}),
      };
    }
    case 'open':
      return secondAsked(await openingWork(spec, company, context), context);
    case 'change':
      return secondAsked(await transferWork(spec, company, context), context);
    case 'revoke':
      return secondAsked(await revocationWork(spec, company, context), context);
    case 'review': {
      const { secondPerson: reasons, ...entries } = planReview(await context.audit(), company, context);
      return secondAsked({ ...nothing, ...entries, reasons }, context);
    }
  }
}

function secondAsked(
  { reasons = [], ...work }: Awaited<ReturnType<typeof openingWork>>,
  context: WorkContext,
): Omit<AccountWork, 'company'> {
  return { ...work, ...(reasons.length > 0 ? { secondPerson: askSecond(reasons, context) } : {}) };
}

function askSecond(reasons: readonly string[], { canApprove }: WorkContext): { en: string; 'zh-CN': string } {
  if (!canApprove)
    throw new OaopsError(
      'second-person-needed',
      `more accounts than the cap, so a second person has to approve: ${reasons.join('; ')}`,
      {
        exitCode: ExitCode.refused,
        next: 'Set approvals.allowedSigners in the configuration, or look at the sources and raise "caps".',
        details: { reasons },
      },
    );
  return {
    en: `More accounts than the cap: ${reasons.join('; ')}`,
    'zh-CN': `处理账号数超过上限：${reasons.join('; ')}`,
  };
}
