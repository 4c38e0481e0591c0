import { z } from 'zod';
import { defined, oneOrManySchema } from '../runbook/schema/common.ts';
import { commonSpec } from '../runbook/schema/spec.ts';
import { defaultRetry, stepsSchema } from '../runbook/schema/steps.ts';
import type { KindDefinition, StepSpec } from '../runbook/types.ts';
import { durationText, retentionSchema } from './retention/rules-schema.ts';
import { sourcesSchema } from './sources/schema.ts';
import { backupContentSpec, guardsSpec } from './spec.ts';

const specSchema = z.strictObject({
  ...commonSpec,
  sources: sourcesSchema.describe(
    'What to back up: paths as texts, and objects that say their type: databases, directories, commands. What is missing or fails makes the run incomplete.',
  ),
  repositories: oneOrManySchema.describe(
    'Where to: folders, s3://bucket/prefix, or names of the configuration. Several are legs of one repository: read once, the same bytes to each.',
  ),
  ...backupContentSpec,
  before: stepsSchema.optional().describe('Steps before, such as a database dump into a source folder.'),
  after: stepsSchema.optional().describe('Steps after a snapshot was made, such as a notice.'),
  finally: stepsSchema
    .optional()
    .describe(
      'Steps at the end, however the others ended: also after a failure, a timeout or a signal; after a crash the resume runs them.',
    ),
  verify: z
    .enum(['none', 'structure', 'sample', 'full'])
    .default('structure')
    .describe('Check of each leg after the backup; it reads what was stored.'),
  guards: z
    .strictObject({
      maxShrinkPercent: guardsSpec.maxShrinkPercent.default(50),
      maxChangePercent: guardsSpec.maxChangePercent.default(80),
    })
    .default({ maxShrinkPercent: 50, maxChangePercent: 80 })
    .describe('A snapshot beyond these is stored, but the run is incomplete and nothing is pruned; 100 is never.'),
  retention: retentionSchema
    .optional()
    .describe('Which snapshots of this runbook on this host are kept; the others are pruned after each good backup.'),
});
type BackupSpec = z.infer<typeof specSchema>;

/** A backup as a runbook: steps before, one `backup.create`, a `backup.verify` per leg, a `backup.prune` by its rules, steps after. */
export const backupKind: KindDefinition = {
  kind: 'Backup',
  title: { en: 'Backup', 'zh-CN': '备份' },
  specSchema,
  stepPaths: [
    ['spec', 'before'],
    ['spec', 'after'],
    ['spec', 'finally'],
  ],
  expand: (spec, metadata) => expandBackup(spec as BackupSpec, metadata.name),
  template: 'backup.yaml',
};

function expandBackup(spec: BackupSpec, name: string): StepSpec[] {
  const {
    sources,
    repositories,
    exclude,
    excludeFile,
    excludeIfPresent,
    excludeCaches,
    oneFileSystem,
    tags,
    level,
    rehash,
    refreshBelowPercent,
    catchUp,
  } = spec;
  const content = {
    exclude,
    excludeFile,
    excludeIfPresent,
    excludeCaches,
    oneFileSystem,
    tags,
    level,
    rehash,
    refreshBelowPercent,
    catchUp,
  };
  const keys = { spoolDir: spec.spoolDir, identityFile: spec.identityFile };
  const create: StepSpec = {
    ...stepDefaults,
    id: 'backup',
    name: { en: 'Back up', 'zh-CN': '备份' },
    uses: 'backup.create',
    with: defined({
      guards: spec.guards,
      ...(sources.paths.length > 0 ? { paths: sources.paths } : {}),
      ...(sources.dumps.length > 0 ? { dumps: sources.dumps } : {}),
      repos: repositories,
      runbook: name,
      ...content,
      ...keys,
    }),
    outputs: { snapshot: 'result.snapshot', files: 'result.files', storedBytes: 'result.storedBytes' },
  };
  const verify: StepSpec[] =
    spec.verify === 'none'
      ? []
      : repositories.map((repo, i) => ({
          ...stepDefaults,
          id: repositories.length === 1 ? 'verify' : `verify-${i + 1}`,
          // A repository may be an expression, which a name does not show: the plan's arguments do.
          name: { en: `Verify (${spec.verify})`, 'zh-CN': `校验 (${spec.verify})` },
          uses: 'backup.verify',
          // The backup has gone to the legs that are there: one that is away makes the run incomplete, not failed.
          with: defined({ repo, level: spec.verify, identityFile: spec.identityFile, unreachable: 'incomplete' }),
        }));
  const cleanup = (spec.finally ?? []).map((step) => ({ ...step, always: true }));
  const prune = spec.retention ? [pruneStep(spec.retention, repositories, name)] : [];
  return [...(spec.before ?? []), create, ...verify, ...prune, ...(spec.after ?? []), ...cleanup];
}

/** The rules stand in the runbook, so that who approved it has approved what they remove. */
function pruneStep(retention: NonNullable<BackupSpec['retention']>, repos: string[], runbook: string): StepSpec {
  const { keepWithin, ...counts } = retention;
  const within = keepWithin === undefined ? {} : { keepWithin: durationText(keepWithin) };
  return {
    ...stepDefaults,
    id: 'prune',
    name: { en: 'Remove old snapshots', 'zh-CN': '清理旧快照' },
    uses: 'backup.prune',
    with: { repos, runbook, rules: defined({ ...within, ...counts }) },
    outputs: { removed: 'result.removed' },
    standing: true,
  };
}

const stepDefaults = {
  parallel: 1,
  outputs: {},
  retry: defaultRetry,
  onFailure: 'stop' as const,
  idempotent: true,
};
