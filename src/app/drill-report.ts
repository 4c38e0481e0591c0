import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { App } from '../app.ts';
import { type DrillReport, drillHtml } from '../backup/drill/report/html.ts';
import { drillTopic } from '../backup/drill/state.ts';
import { messageOf, OaopsError, usageError } from '../core/errors.ts';
import { hashLocalFile } from '../core/hash-file.ts';
import { digestOf } from '../core/json.ts';
import { evidenceOptions } from './record.ts';

export interface WrittenReport {
  run: string;
  runbook: string;
  verdict: string;
  out: string;
  evidence: string | null;
  hashes: DrillReport['hashes'];
}

/**
 * Writes one drill as a page, and its evidence bundle beside it when one is asked for.
 * @throws OaopsError `run-not-found`, `drill-missing` (exit 2), `report-not-written`
 */
export async function writeDrillReport(
  app: App,
  request: {
    run: string;
    out: string;
    evidence?: string | undefined;
    key?: string | undefined;
    lang: string;
    say: (text: string) => string;
  },
): Promise<WrittenReport> {
  const record = await app.record();
  const run = await record.runs.resolve(request.run);
  const rows = await record.facts.list(drillTopic, { key: run.runbook, newestFirst: true });
  const all = rows.map(({ at, body }) => ({ at, fact: body as DrillReport['fact'] }));
  const index = all.findIndex(({ fact }) => fact.run === run.id);
  const found = all[index];
  if (!found)
    throw usageError('drill-missing', `run ${run.id} of ${run.runbook} has no result of a drill`, {
      next: 'See "oaops drill history" for the drills that came to a verdict.',
    });
  const { fact, at } = found;
  const hashes: DrillReport['hashes'] = { plan: run.digest, fact: digestOf(fact), head: '' };
  const evidence = request.evidence === undefined ? null : resolve(request.evidence);
  if (evidence !== null) {
    const { exportEvidence } = await import('../record/evidence/bundle.ts');
    const summary = await exportEvidence(record, await evidenceOptions(app, run.id, evidence, request.key));
    hashes.bundle = (await hashLocalFile(summary.path)).sha256;
  }
  const head = await record.audit.head();
  hashes.head = `${head.seq} ${head.hash}`;
  const trend = all
    .slice(index, index + 12)
    .filter((one) => one.fact.sabotage === 'none' || one.fact.run === run.id)
    .map((one) => ({ at: one.at, verdict: one.fact.verdict, rtoMs: one.fact.rtoMs, rpoMs: one.fact.rpoMs }))
    .reverse();
  const report: DrillReport = { runbook: run.runbook, at, by: run.requester, fact, hashes, trend };
  const out = resolve(request.out);
  try {
    writeFileSync(out, drillHtml(report, request.lang, request.say), { mode: 0o640, flush: true });
  } catch (error) {
    throw new OaopsError('report-not-written', `the report could not be written: ${messageOf(error)}`, {
      next: 'Name another file with --out.',
      cause: error,
    });
  }
  return { run: run.id, runbook: run.runbook, verdict: fact.verdict, out, evidence, hashes };
}
