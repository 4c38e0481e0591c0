import { runTopic } from '../record/run-facts.ts';
import type { FactStore } from '../record/types.ts';
import type { CheckResult, CheckState } from './types.ts';

/** What the record keeps of inspections, as append-only facts. */

/** Results of one host, or of one sign-off, in one run. */
function partTopic(run: string): string {
  return runTopic(run, 'inspect.part');
}

/** Verdicts of an inspection, one a run; key: its name. */
export const reportTopic = 'inspect.report';

/** So many verdicts back, the one that a run is compared with is looked for. */
export const comparable = 500;

/** The host itself as a check: it could not be asked. No id that can be written. */
export const hostCheck = '@host';

export async function addPart(
  facts: FactStore,
  run: string,
  host: string,
  at: string,
  results: CheckResult[],
): Promise<void> {
  await facts.add(partTopic(run), host, at, { results });
}

/** Results of a run by check and host; what a resumed run found again stands over what it had found. */
export async function resultsOf(facts: FactStore, run: string, host?: string): Promise<CheckResult[]> {
  const rows = await facts.list(partTopic(run), host === undefined ? {} : { key: host });
  const byCheck = new Map<string, CheckResult>();
  for (const { body } of rows)
    for (const result of (body as { results: CheckResult[] }).results)
      byCheck.set(JSON.stringify([result.check, result.host]), result);
  return [...byCheck.values()];
}

/** Who has signed a check in a run, on whatever host. */
export async function signersOf(facts: FactStore, run: string, check: string): Promise<string[]> {
  const results = await resultsOf(facts, run);
  return results.filter((result) => result.check === check).flatMap(({ by }) => by ?? []);
}

/** A verdict as it was given. */
export interface ReportFact {
  run: string;
  version: string;
  verdict: Verdict;
  /** Only some of the hosts were looked at (`--limit`). */
  limited?: boolean;
  counts: Partial<Record<CheckState, number>>;
  /** Everything that neither passed nor warned nor was left out. */
  bad: { check: string; host: string; state: CheckState; message: string }[];
}

/** The worst of all checks; `pending`: a person has not signed yet, and nothing known is worse. */
export type Verdict = 'pass' | 'warn' | 'pending' | 'error' | 'fail';

export async function addReport(facts: FactStore, inspection: string, at: string, report: ReportFact): Promise<void> {
  await facts.add(reportTopic, inspection, at, report);
}

/** Verdicts of an inspection, newest first; one a run. */
export async function reportsOf(
  facts: FactStore,
  inspection: string,
  limit: number,
): Promise<(ReportFact & { at: string })[]> {
  const found = new Map<string, ReportFact & { at: string }>();
  // A run that was judged again has several; twice as many rows are enough but for one that was judged over and over.
  for (let most = limit * 2; ; most *= 4) {
    const rows = await facts.list(reportTopic, { key: inspection, newestFirst: true, limit: most });
    for (const { at, body } of rows) {
      const fact = body as ReportFact;
      if (!found.has(fact.run)) found.set(fact.run, { ...fact, at });
    }
    if (found.size >= limit || rows.length < most) return [...found.values()].slice(0, limit);
  }
}

/** With what a run is compared: of the verdicts before it, newest first, the newest that was given on all hosts. */
export function previousOf(earlier: readonly ReportFact[]): ReportFact | undefined {
  return earlier.find(({ limited }) => limited !== true);
}

function keptTopic(inspection: string): string {
  return `inspect.kept:${inspection}`;
}

/** What the check kept of this host when it last ran; undefined: nothing. */
export async function keptOf(facts: FactStore, inspection: string, check: string, host: string): Promise<unknown> {
  const [row] = await facts.list(keptTopic(inspection), { key: keyOf(check, host), newestFirst: true, limit: 1 });
  return (row?.body as { kept?: unknown } | undefined)?.kept;
}

export async function keep(
  facts: FactStore,
  inspection: string,
  at: string,
  { check, host, kept }: { check: string; host: string; kept: unknown },
): Promise<void> {
  await facts.add(keptTopic(inspection), keyOf(check, host), at, { kept });
}

function keyOf(check: string, host: string): string {
  return JSON.stringify([check, host]);
}

/** A failure that somebody has taken upon themselves until a date. */
export interface Waiver {
  check: string;
  /** undefined: every host. */
  host?: string | undefined;
  /** Last day, `YYYY-MM-DD`. */
  until: string;
  by: string;
  reason: string;
}

function waiverTopic(inspection: string): string {
  return `inspect.waiver:${inspection}`;
}

/** `ended` takes the waiver back. */
export async function addWaiver(
  facts: FactStore,
  inspection: string,
  at: string,
  waiver: Waiver & { ended?: boolean },
): Promise<void> {
  await facts.add(waiverTopic(inspection), keyOf(waiver.check, waiver.host ?? '*'), at, waiver);
}

/** The waivers that were given by `atMost`, the last word on each; expired ones are among them. */
export async function waiversOf(
  facts: FactStore,
  inspection: string,
  atMost?: string,
): Promise<(Waiver & { at: string })[]> {
  const latest = new Map<string, Waiver & { ended?: boolean; at: string }>();
  for (const { key, at, body } of await facts.list(waiverTopic(inspection)))
    if (atMost === undefined || at <= atMost) latest.set(key, { ...(body as Waiver & { ended?: boolean }), at });
  return [...latest.values()].filter(({ ended }) => ended !== true);
}
