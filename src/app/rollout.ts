import { dirname, resolve } from 'node:path';
import type { App } from '../app.ts';
import { OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { planScope } from '../engine/plan/plan.ts';
import type { PlannedBatch } from '../engine/plan/plan-types.ts';
import type { Inventory } from '../engine/ports.ts';
import { hasDeferred, resolveValues } from '../engine/run/values.ts';
import { makeBatches } from '../rollout/batches.ts';
import { expandRollout } from '../rollout/expand.ts';
import { resolvePopulation } from '../rollout/population/resolve.ts';
import { type PopulationSpec, populationSchema } from '../rollout/population/schema.ts';
import type { RolloutSpec } from '../rollout/schema.ts';
import type { Runbook } from '../runbook/types.ts';
import { parseYaml } from '../runbook/yaml/document.ts';
import { lineAndCol } from '../runbook/yaml/text.ts';

/**
 * A rollout's runbook with the steps of its real batches: the population is read now, and only now.
 * @throws OaopsError of the source; `population-empty`, `member-twice` (exit 2), `gate-beyond-batches` (exit 4)
 */
export async function withBatches(
  app: App,
  runbook: Runbook,
  { inputs, inventory }: { inputs: Record<string, unknown>; inventory: Inventory },
): Promise<{ runbook: Runbook; batches: PlannedBatch[] }> {
  const spec = runbook.spec as RolloutSpec;
  const { name, version } = runbook.metadata;
  const scope = planScope({ inputs, runbook: { name, version, kind: runbook.kind } as never });
  const resolved = resolveValues(spec.population, scope);
  if (hasDeferred(resolved)) {
    throw usageError('population-deferred', 'the population reads what only a run knows', {
      next: 'Use inputs in "spec.population"; it is read when the plan is made.',
    });
  }
  // Durations are milliseconds since validation; the schema reads them as they are written.
  const { timeout, ...written } = resolved as PopulationSpec & { timeout?: number };
  const checked = populationSchema.safeParse(written);
  if (!checked.success) {
    const problems = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw usageError('population-invalid', `the population is not valid with these inputs: ${problems}`);
  }
  const secrets = await app.secrets();
  const population = await resolvePopulation(
    { ...checked.data, ...(timeout === undefined ? {} : { timeout }) } as PopulationSpec,
    {
      directory: app.directory,
      query: app.query,
      inventory,
      secret: (ref) => secrets.resolve(ref),
      baseDir: dirname(resolve(runbook.source.file)),
      signal: new AbortController().signal,
    },
  );
  const batches = makeBatches(population.members, spec.batches.sizes);
  refuseGatesBeyond(runbook, spec, batches.length);
  const { actions } = await app.catalogue();
  const idempotent = new Set(actions.filter((action) => action.idempotent).map((action) => action.name));
  const steps = expandRollout(spec, batches).map((step) =>
    idempotent.has(step.uses) ? { ...step, idempotent: true } : step,
  );
  return { runbook: { ...runbook, steps }, batches };
}

/**
 * A gate after a batch that does not come would hold nothing back, and nobody would miss it.
 * @throws OaopsError `gate-beyond-batches` (exit 4)
 */
function refuseGatesBeyond({ source }: Runbook, { gates }: RolloutSpec, count: number): void {
  for (const [index, { id, afterBatches = [] }] of gates.entries()) {
    const at = afterBatches.findIndex((number) => number > count);
    if (at === -1) continue;
    const path = ['spec', 'gates', index, 'afterBatches', at];
    const range = parseYaml(source.text, source.file).rangeOf(path);
    const { line, col } = lineAndCol(source.text, range[0]);
    throw new OaopsError(
      'gate-beyond-batches',
      `${source.file}:${line}:${col}: the gate "${id}" stands after batch ${afterBatches[at]}, and the last one is ${count}`,
      {
        exitCode: ExitCode.refused,
        next: 'Correct "afterBatches", or "batches.sizes", for as many members as there are now.',
      },
    );
  }
}
