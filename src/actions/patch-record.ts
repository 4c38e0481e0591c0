import { z } from 'zod';
import { isoTime } from '../core/clock.ts';
import type { Action } from '../engine/action.ts';
import type { FactStore } from '../record/types.ts';
import { type EvidenceFact, evidenceKinds, evidenceTopic } from '../rollout/preconditions.ts';

const withSchema = z
  .strictObject({
    what: z.enum(evidenceKinds).describe('What there is evidence of.'),
    artefact: z.string().min(1).describe('The package file: the evidence counts for this very content.'),
    passed: z.boolean().default(true),
    percent: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('Of a risk assessment: the estimated probability of abnormal operation.'),
    note: z.string().optional(),
  })
  .refine(({ what, percent }) => (what === 'risk') === (percent !== undefined), {
    error: 'a risk assessment has "percent", and nothing else has',
    path: ['percent'],
  });
type With = z.infer<typeof withSchema>;

/** Keeps evidence about a package in the record: a test round, a rehearsed rollback, a risk assessment, a notice (UP-03 to UP-05). */
export const patchRecord: Action<With, { facts: () => Promise<FactStore> }> = {
  name: 'patch.record',
  title: { en: 'Record evidence about a package', 'zh-CN': '登记升级包的证据' },
  effect: 'write',
  withSchema,
  resultSchema: z.object({ what: z.string(), sha256: z.string(), passed: z.boolean() }),
  usesTargets: false,
  idempotent: false,
  describe: ({ what, artefact, passed }) => `record ${what} of ${artefact}: ${passed ? 'passed' : 'failed'}`,
  async apply({ what, artefact, passed, percent, note }, context) {
    const host = await context.hostNamed(undefined, context.signal);
    const found = await host.hashFile(artefact, context.signal);
    if (!found) return { status: 'failed', result: {}, message: `${artefact} does not exist`, code: 'file-missing' };
    const fact: EvidenceFact = {
      run: context.runId,
      by: context.plan.runbook.name,
      passed,
      ...(percent === undefined ? {} : { percent }),
      ...(note === undefined ? {} : { note }),
    };
    await (await context.services.facts()).add(evidenceTopic(what), found.sha256, isoTime(context.clock.nowMs()), fact);
    return { status: 'ok', result: { what, sha256: found.sha256, passed } };
  },
};
