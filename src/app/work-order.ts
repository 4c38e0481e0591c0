import { resolve } from 'node:path';
import type { App } from '../app.ts';
import { writeFileDurable } from '../core/durable-file.ts';
import { messageOf, OaopsError, usageError } from '../core/errors.ts';
import type { Plan } from '../engine/plan/plan-types.ts';
import { expectedOf } from '../inspect/assemble.ts';
import type { Told } from '../inspect/formats/report-words.ts';
import { workOrderHtml } from '../inspect/formats/work-order.ts';
import { resultsOf } from '../inspect/record.ts';
import type { LocalizedText } from '../runbook/types.ts';
import { inspectionRun } from './inspect.ts';

/**
 * Writes what a person has to look at in a run as a page for print.
 * @throws OaopsError `nothing-to-sign` (exit 2), `report-not-written`, and as `inspectionRun`
 */
export async function writeWorkOrder(
  app: App,
  request: { run: string; out: string },
  told: Told,
): Promise<{ run: string; out: string; items: number }> {
  const row = await inspectionRun(app, request.run);
  const { runs, facts } = await app.record();
  const plan = (await runs.plan(row.id)) as Plan;
  const found = await resultsOf(facts, row.id);
  const items = plan.steps
    .filter(({ uses }) => uses === 'inspect.sign')
    .flatMap(({ units }) => (Array.isArray(units) ? units : []))
    .map((unit) => {
      const { check, name, instructions } = unit.with as {
        check: string;
        name: LocalizedText;
        instructions: LocalizedText;
      };
      const result = found.find((one) => one.check === check && one.host === unit.target);
      return { check, host: unit.target, name, instructions, signed: result?.state ?? null };
    });
  if (items.length === 0)
    throw usageError('nothing-to-sign', `${row.runbook} has no check that a person signs`, {
      next: 'Write checks of type manual into it.',
    });
  const { sections } = expectedOf(plan);
  const automatic = sections
    .map(({ title, checks }) => ({ title, checks: checks.filter(({ type }) => type !== 'manual').length }))
    .filter(({ checks }) => checks > 0);
  const { title, name: inspection, version } = plan.runbook;
  const { id: run, createdAt: at, requester } = row;
  const out = resolve(request.out);
  try {
    writeFileDurable(out, workOrderHtml({ title, inspection, version, run, at, requester, items, automatic }, told));
  } catch (error) {
    throw new OaopsError('report-not-written', `${out} cannot be written: ${messageOf(error)}`, {
      next: 'Give another file with --out.',
      cause: error,
    });
  }
  return { run, out, items: items.length };
}
