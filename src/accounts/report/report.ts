import type { Finding, FindingType } from '../model.ts';
import type { PolicyReport } from '../policy/report.ts';
import type { AuditSummary, KnownException } from '../record/audits.ts';
import type { Comparison } from './compare.ts';
import { orderedTypes, type Weight, weightOf } from './severity.ts';

export interface ReportedFinding extends Finding {
  /** It was not there at the audit that this one is compared with. */
  new?: true;
}

export interface ReportedDirectory {
  id: string;
  /** What people call it; null: by its id. */
  title: string | null;
  /** null: it gave nothing; it is not empty. */
  accounts: number | null;
  states: AuditSummary['states'][string] | null;
  /** Wholly read, and compared with everybody it is judged by. */
  whole: boolean;
  error: string | null;
}

export interface ReportedSource {
  id: string;
  people: number | null;
  exportedOn: string | null;
  error: string | null;
}

export interface CountRow {
  finding: FindingType;
  weight: Weight;
  total: number;
  new: number;
  directories: Record<string, number>;
}

/** An audit as every format tells it. Findings lie by type, most severe first. */
export interface AccountReport {
  run: string;
  runbook: string;
  /** Status of the run. */
  status: string;
  /** ISO UTC. */
  at: string;
  /** null: everything. */
  filter: { findings: FindingType[]; directories: string[] } | null;
  /** What was not read or not judged: nothing is known there. */
  unjudged: string[];
  sources: ReportedSource[];
  directories: ReportedDirectory[];
  counts: CountRow[];
  total: number;
  /** null: there is no earlier audit of this runbook that was whole and is still in the record. */
  comparedWith: { run: string; at: string } | null;
  new: number | null;
  gone: Finding[] | null;
  /** Directories in which nothing can be called gone. */
  blind: string[];
  findings: ReportedFinding[];
  exceptions: AuditSummary['exceptions'];
  remarks: string[];
  /** Of a run that read the rules for passwords. */
  policies: PolicyReport | null;
}

export interface ReportInput {
  summary: AuditSummary;
  status: string;
  findings: readonly Finding[];
  comparison?: Comparison;
  policies?: PolicyReport;
  filter: { findings: readonly FindingType[]; directories: readonly string[] };
}

export function assembleReport({
  summary,
  status,
  findings,
  comparison,
  policies,
  filter,
}: ReportInput): AccountReport {
  const fits = ({ type, directory }: Finding) =>
    (filter.findings.length === 0 || filter.findings.includes(type)) &&
    (filter.directories.length === 0 || filter.directories.includes(directory));
  const concerns = ({ finding, directory }: KnownException) =>
    (filter.findings.length === 0 || filter.findings.includes(finding)) &&
    (filter.directories.length === 0 || directory === undefined || filter.directories.includes(directory));
  const byType = Map.groupBy(findings.filter(fits), ({ type }) => type);
  const gone = comparison?.gone.filter(fits);
  const counts: CountRow[] = [];
  const sorted: ReportedFinding[] = [];
  for (const type of orderedTypes(byType.keys())) {
    const row: CountRow = { finding: type, weight: weightOf(type), total: 0, new: 0, directories: {} };
    for (const finding of byType.get(type) ?? []) {
      const isNew = comparison?.isNew(finding) === true;
      row.total++;
      if (isNew) row.new++;
      row.directories[finding.directory] = (row.directories[finding.directory] ?? 0) + 1;
      sorted.push(isNew ? { ...finding, new: true } : finding);
    }
    counts.push(row);
  }
  const isFiltered = filter.findings.length + filter.directories.length > 0;
  return {
    run: summary.run,
    runbook: summary.runbook,
    status,
    at: summary.at,
    filter: isFiltered ? { findings: [...filter.findings], directories: [...filter.directories] } : null,
    unjudged: summary.unjudged,
    sources: sourcesOf(summary),
    directories: directoriesOf(summary),
    counts,
    total: sorted.length,
    comparedWith: comparison?.with ?? null,
    new: comparison ? counts.reduce((sum, row) => sum + row.new, 0) : null,
    gone: gone ?? null,
    blind: comparison?.blind ?? [],
    findings: sorted,
    exceptions: {
      used: summary.exceptions.used.filter(concerns),
      expired: summary.exceptions.expired.filter(concerns),
    },
    remarks: summary.remarks,
    policies: policies ?? null,
  };
}

function sourcesOf({ people, exports, unread }: AuditSummary): ReportedSource[] {
  return [
    ...Object.entries(people).map(([id, count]) => ({
      id,
      people: count,
      exportedOn: exports[id] ?? null,
      error: null,
    })),
    ...unread
      .filter(({ what }) => what === 'source')
      .map(({ id, error }) => ({ id, people: null, exportedOn: null, error })),
  ];
}

function directoriesOf({ accounts, titles = {}, states, partial, unread }: AuditSummary): ReportedDirectory[] {
  return [
    ...Object.entries(accounts).map(([id, count]) => ({
      id,
      title: titles[id] ?? null,
      accounts: count,
      states: states[id] ?? null,
      whole: !partial.includes(id),
      error: null,
    })),
    ...unread
      .filter(({ what }) => what === 'directory')
      .map(({ id, error }) => ({ id, title: titles[id] ?? null, accounts: null, states: null, whole: false, error })),
  ];
}

/** Findings of each type that has any, in the order of the report. */
export function groupsOf({ counts, findings }: Pick<AccountReport, 'counts' | 'findings'>): {
  row: CountRow;
  findings: ReportedFinding[];
}[] {
  let from = 0;
  return counts.map((row) => {
    const own = findings.slice(from, from + row.total);
    from += row.total;
    return { row, findings: own };
  });
}
