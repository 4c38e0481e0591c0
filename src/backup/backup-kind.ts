import { z } from 'zod';
import { defined, oneOrManySchema } from '../runbook/schema/common.ts';
import { commonSpec } from '../runbook/schema/spec.ts';
import { defaultRetry, stepsSchema } from '../runbook/schema/steps.ts';
import type { KindDefinition, StepSpec } from '../runbook/types.ts';
import { sourcesSchema } from './sources/schema.ts';
import { backupContentSpec } from './spec.ts';

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
});
type BackupSpec = z.infer<typeof specSchema>;

/** A backup as a runbook: steps before, one `backup.create`, a `backup.verify` per leg, steps after. */
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
  } = spec;
  const content = { exclude, excludeFile, excludeIfPresent, excludeCaches, oneFileSystem, tags, level, rehash };
  const keys = { spoolDir: spec.spoolDir, identityFile: spec.identityFile };
  const create: StepSpec = {
    ...stepDefaults,
    id: 'backup',
    name: { en: 'Back up', 'zh-CN': '备份' },
    uses: 'backup.create',
    with: defined({
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
          with: defined({ repo, level: spec.verify, identityFile: spec.identityFile }),
        }));
  const cleanup = (spec.finally ?? []).map((step) => ({ ...step, always: true }));
  return [...(spec.before ?? []), create, ...verify, ...(spec.after ?? []), ...cleanup];
}

const stepDefaults = {
  parallel: 1,
  outputs: {},
  retry: defaultRetry,
  onFailure: 'stop' as const,
  idempotent: true,
};
