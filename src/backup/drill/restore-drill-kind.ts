import { z } from 'zod';
import { defined, durationSchema } from '../../runbook/schema/common.ts';
import { commonSpec } from '../../runbook/schema/spec.ts';
import { defaultRetry } from '../../runbook/schema/steps.ts';
import type { InputSpec, KindDefinition } from '../../runbook/types.ts';
import { drillBodySpec, provesData, sabotageKinds, unknownLoads } from './drill-spec.ts';

const objectivesSchema = z
  .strictObject({
    rto: durationSchema.optional().describe('Longest time until the smoke checks pass; default 2h.'),
    rpo: durationSchema.optional().describe('Greatest age of the recovered data; default 1d.'),
  })
  .default({});

/** Every drill can be sabotaged: an input that need not be declared. */
const sabotageInput: InputSpec = { type: 'enum', required: false, default: 'none', values: [...sabotageKinds] };

const specSchema = z
  .strictObject({
    ...commonSpec,
    repository: z
      .string()
      .min(1)
      .describe('The leg to restore from: a folder, s3://bucket/prefix, or a name of the configuration.'),
    ...drillBodySpec,
    objectives: objectivesSchema,
  })
  .transform((spec) => ({ ...spec, inputs: { ...spec.inputs, sabotage: sabotageInput } }));
type DrillSpec = z.infer<typeof specSchema>;

/** A rehearsal of recovery (BK-06): restore, smoke checks, comparison of every hash, verdict against the objectives. */
export const restoreDrillKind: KindDefinition = {
  kind: 'RestoreDrill',
  title: { en: 'Restore drill', 'zh-CN': '数据恢复演练' },
  specSchema,
  expand: (parsed, metadata) => {
    const { repository, objectives, snapshot, identityFile, include, scratch, keep, compare, checks } =
      parsed as DrillSpec;
    const { stockPath, load, canary } = parsed as DrillSpec;
    return [
      {
        id: 'drill',
        name: { en: 'Restore, check, compare, judge', 'zh-CN': '恢复、检查、比对、判定' },
        uses: 'drill.restore',
        with: defined({
          repo: repository,
          runbook: metadata.name,
          snapshot,
          identityFile,
          include,
          scratch,
          keep,
          compare,
          stockPath,
          load,
          canary,
          checks,
          rtoMs: objectives.rto ?? 2 * 3_600_000,
          rpoMs: objectives.rpo ?? 86_400_000,
          sabotage: '${{ inputs.sabotage }}',
        }),
        outputs: { verdict: 'result.verdict', rtoMs: 'result.rtoMs', rpoMs: 'result.rpoMs' },
        parallel: 1,
        retry: defaultRetry,
        onFailure: 'stop',
        idempotent: true,
      },
    ];
  },
  rules: (parsed, report) => {
    const spec = parsed as DrillSpec;
    if (!provesData(spec))
      report({
        rule: 'drill-proves-nothing',
        message: 'the drill has no check that proves data',
        next: 'Set "compare: hashes", or add a check of type canary, sqlite, sql or command.',
        path: ['spec', 'checks'],
      });
    const [unknown] = unknownLoads(spec);
    if (unknown !== undefined)
      report({
        rule: 'drill-load-unknown',
        message: `there is not exactly one database "${unknown}" in "load"`,
        next: 'Give each database of "load" its own id, and ask only these.',
        path: ['spec', 'load'],
      });
  },
  template: 'restore-drill.yaml',
};
