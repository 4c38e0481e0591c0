import type { Plan } from '../engine/plan/plan-types.ts';
import type { LocalizedText } from '../runbook/types.ts';
import type { ReportedCheck, ReportedSection } from './expand.ts';
import { manualType } from './manual.ts';
import { hostCheck, type ReportFact, type Verdict, type Waiver } from './record.ts';
import { type CheckResult, type CheckState, checkStates, severities } from './types.ts';

/** A result as a report has it. */
export interface ReportedResult extends CheckResult {
  name: LocalizedText;
  severity: string;
  waiver?: Waiver;
  /** What it was at the last verdict before; null: it was all right, or not looked at; absent: there was none. */
  was?: CheckState | null;
  /** Bad now, and not bad at the last verdict before. */
  new: boolean;
}

export interface InspectionReport {
  inspection: string;
  version: string;
  title: LocalizedText;
  run: string;
  at: string;
  verdict: Verdict;
  /** Nothing waits for a sign-off, and nothing is yet to be asked. */
  complete: boolean;
  counts: Record<CheckState, number>;
  /** Bad now and not before; null: there is nothing to compare with. */
  new: number | null;
  sections: { id: string; title: LocalizedText; results: ReportedResult[] }[];
}

const bad: readonly CheckState[] = ['fail', 'error', 'manual-failed'];
export function isBad(state: CheckState): boolean {
  return bad.includes(state);
}

/** What a run was to look at, from its stored plan. */
export function expectedOf(plan: Plan): {
  sections: ReportedSection[];
  waivers: Waiver[];
  /** Each check with its host, in the order of the plan. */
  pairs: { check: string; host: string }[];
} {
  const judge = plan.steps.find(({ uses }) => uses === 'inspect.judge');
  const units = judge?.units;
  const args = (Array.isArray(units) && units[0]?.with) || {};
  const { sections = [], waivers = [] } = args as { sections?: ReportedSection[]; waivers?: Waiver[] };
  const pairs = plan.steps.flatMap((step) => {
    if (!Array.isArray(step.units)) return [];
    if (step.uses === 'inspect.collect')
      return step.units.flatMap((unit) =>
        (unit.with as { checks: { id: string }[] }).checks.map(({ id }) => ({ check: id, host: unit.target })),
      );
    if (step.uses === 'inspect.sign')
      return step.units.map((unit) => ({ check: (unit.with as { check: string }).check, host: unit.target }));
    return [];
  });
  return { sections, waivers, pairs };
}

/**
 * A report of what was found. What was to be looked at and was not is an error, or waits for its person; a check whose need did not hold
 * is skipped; a failure with a waiver is waived, unless that has expired. `today`: the date by which waivers hold. Pure.
 */
export function assemble(
  plan: Plan,
  found: readonly CheckResult[],
  context: {
    run: string;
    at: string;
    today: string;
    waivers: readonly Waiver[];
    previous: ReportFact | undefined;
    /** The run goes on: what is missing may yet come. */
    under: boolean;
  },
): InspectionReport {
  const { sections, waivers: written, pairs } = expectedOf(plan);
  const waivers = [...written, ...context.waivers];
  const byKey = new Map(found.map((result) => [keyOf(result.check, result.host), result]));
  const checkById = new Map(
    sections.flatMap((section) => section.checks.map((check) => [check.id, { check, section }])),
  );
  const raw = new Map<string, CheckResult>();
  let open = false;
  for (const { check, host } of pairs) {
    const known = checkById.get(check);
    if (!known) continue;
    const result = byKey.get(keyOf(check, host));
    if (!result && context.under && known.check.type !== manualType) open = true;
    raw.set(keyOf(check, host), result ?? missing(known.check, known.section.id, host, context.under));
  }
  const held = new Needs(raw, new Map([...checkById].map(([id, { check }]) => [id, check.needs])));
  const before =
    context.previous && new Map(context.previous.bad.map((one) => [keyOf(one.check, one.host), one.state]));
  const finish = (result: CheckResult, check: Pick<ReportedCheck, 'name' | 'severity'>): ReportedResult => {
    const told = waived(result, waivers, context.today);
    const was = before === undefined ? undefined : (before.get(keyOf(result.check, result.host)) ?? null);
    return {
      ...told,
      name: check.name,
      severity: check.severity,
      ...(was === undefined ? {} : { was }),
      new: isBad(told.state) && was !== undefined && (was === null || !isBad(was)),
    };
  };
  const unreachable = found.filter(({ check }) => check === hostCheck);
  const made = sections.map(({ id, title, checks }) => {
    const results = checks.flatMap((check) =>
      pairs.filter((pair) => pair.check === check.id).map(({ host }) => finish(held.result(check.id, host), check)),
    );
    const hosts = unreachable
      .filter(({ section }) => section === id)
      .map((result) => finish(result, { name: hostName, severity: 'critical' }));
    return { id, title, results: [...hosts, ...results].sort(byRank) };
  });
  const all = made.flatMap(({ results }) => results);
  const counts = Object.fromEntries(checkStates.map((state) => [state, 0])) as Record<CheckState, number>;
  for (const { state } of all) counts[state]++;
  return {
    inspection: plan.runbook.name,
    version: plan.runbook.version,
    title: plan.runbook.title,
    run: context.run,
    at: context.at,
    verdict: verdictOf(counts, open),
    complete: counts['manual-pending'] === 0 && !open,
    counts,
    new: context.previous === undefined ? null : all.filter((result) => result.new).length,
    sections: made.filter(({ results }) => results.length > 0),
  };
}

const hostName: LocalizedText = { en: 'The host can be asked', 'zh-CN': '主机可访问' };

/** The worst of all; `open`: something is yet to be asked. */
export function verdictOf(counts: Readonly<Record<CheckState, number>>, open = false): Verdict {
  if (counts.fail + counts['manual-failed'] > 0) return 'fail';
  if (counts.error > 0) return 'error';
  if (counts['manual-pending'] > 0 || open) return 'pending';
  const judged = counts.pass + counts['manual-passed'] + counts.warn + counts.waived;
  // Nothing was judged: that is no pass.
  if (judged === 0) return 'error';
  return counts.warn > 0 ? 'warn' : 'pass';
}

/** What a verdict keeps of itself for the next ones. */
export function reportFact(report: InspectionReport, limited: boolean): ReportFact {
  const counts = Object.fromEntries(Object.entries(report.counts).filter(([, count]) => count > 0));
  const all = report.sections.flatMap(({ results }) => results);
  const told = all.filter(({ state }) => isBad(state) || state === 'waived');
  return {
    run: report.run,
    version: report.version,
    verdict: report.verdict,
    ...(limited ? { limited } : {}),
    counts,
    bad: told.map(({ check, host, state, message }) => ({ check, host, state, message })),
  };
}

function missing(check: ReportedCheck, section: string, host: string, under: boolean): CheckResult {
  const isManual = check.type === manualType;
  return {
    check: check.id,
    section,
    type: check.type,
    host,
    state: isManual ? 'manual-pending' : under ? 'skipped' : 'error',
    message: isManual ? 'nobody has signed it yet' : under ? 'not asked yet' : 'it was not asked',
    measures: [],
    details: [],
  };
}

/** Results after what they need: on the same host where that was looked at there, else on any. A check that was skipped holds for none. */
class Needs {
  readonly #raw: ReadonlyMap<string, CheckResult>;
  readonly #needs: ReadonlyMap<string, readonly string[]>;
  readonly #known = new Map<string, CheckResult>();

  constructor(raw: ReadonlyMap<string, CheckResult>, needs: ReadonlyMap<string, readonly string[]>) {
    this.#raw = raw;
    this.#needs = needs;
  }

  result(check: string, host: string): CheckResult {
    const key = keyOf(check, host);
    const known = this.#known.get(key);
    if (known) return known;
    const raw = this.#raw.get(key)!;
    // A circle, which the rules refuse, ends here.
    this.#known.set(key, raw);
    const result = this.#after(raw, this.#needs.get(check) ?? []);
    this.#known.set(key, result);
    return result;
  }

  #after(result: CheckResult, needs: readonly string[]): CheckResult {
    for (const need of needs) {
      const where = this.#raw.has(keyOf(need, result.host)) ? [result.host] : this.#hostsOf(need);
      const stopper = where
        .map((host) => this.result(need, host))
        .find(({ state }) => !['pass', 'warn', 'manual-passed'].includes(state));
      if (!stopper) continue;
      const message = `needs ${need}, which is ${stopper.state}`;
      return { ...result, state: 'skipped', message, measures: [], details: [] };
    }
    return result;
  }

  #hostsOf(need: string): string[] {
    return [...this.#raw.values()].filter(({ check }) => check === need).map(({ host }) => host);
  }
}

function waived(result: CheckResult, waivers: readonly Waiver[], today: string): CheckResult & { waiver?: Waiver } {
  if (!['fail', 'warn', 'manual-failed'].includes(result.state)) return result;
  const own = waivers.filter(
    ({ check, host }) => check === result.check && (host === undefined || host === result.host),
  );
  const holds = own.filter(({ until }) => until >= today).at(-1);
  if (holds) return { ...result, state: 'waived', waiver: holds };
  const [expired] = own.sort((a, b) => (a.until < b.until ? 1 : -1));
  if (!expired) return result;
  return { ...result, details: [`a waiver of ${expired.by} has expired on ${expired.until}`, ...result.details] };
}

function keyOf(check: string, host: string): string {
  return JSON.stringify([check, host]);
}

/** What needs somebody first; within it as planned. */
function byRank(a: ReportedResult, b: ReportedResult): number {
  return stateRank(a.state) - stateRank(b.state) || severityRank(a.severity) - severityRank(b.severity);
}

const ranked: readonly CheckState[] = [
  'fail',
  'manual-failed',
  'error',
  'manual-pending',
  'warn',
  'waived',
  'skipped',
  'not-applicable',
  'pass',
  'manual-passed',
];
function stateRank(state: CheckState): number {
  return ranked.indexOf(state);
}

function severityRank(severity: string): number {
  return (severities as readonly string[]).indexOf(severity);
}
