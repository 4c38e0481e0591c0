import { runTopic } from '../../record/run-facts.ts';
import type { FactStore } from '../../record/types.ts';
import type { JudgedRule } from '../policy/judge.ts';
import type { SecondFactorCount } from '../policy/second-factor.ts';

/** Rules for passwords as a run read and judged them. */
export interface PoliciesFact {
  rules: JudgedRule[];
  secondFactors: SecondFactorCount[];
  /** Something is required: a weak rule is a failure. */
  required: boolean;
  /** Directories that did not tell, with the reason. */
  problems: string[];
}

function policyTopic(run: string): string {
  return runTopic(run, 'account.policy');
}

export async function addPolicies(facts: FactStore, run: string, at: string, policies: PoliciesFact): Promise<void> {
  await facts.add(policyTopic(run), 'rules', at, policies);
}

export async function policiesOf(facts: FactStore, run: string): Promise<PoliciesFact | undefined> {
  const [row] = await facts.list(policyTopic(run), { newestFirst: true, limit: 1 });
  return row?.body as PoliciesFact | undefined;
}
