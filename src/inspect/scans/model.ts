import { OaopsError } from '../../core/errors.ts';

/** How bad a finding is, the worst first; `info` is none. */
export const ranks = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Rank = (typeof ranks)[number];

/** One finding of a scanner on one port of one host. */
export interface Finding {
  host: string;
  /** `443/tcp`, `general/tcp`; empty: of the host as a whole. */
  port: string;
  /** What the scanner calls it: plugin, OID, QID. */
  id: string;
  name: string;
  rank: Rank;
  cvss: number | null;
}

/** Read from a report. */
export interface ScanReport {
  format: string;
  /** When the scan ended; undefined: the report does not say. */
  scannedMs: number | undefined;
  /** Hosts that were scanned, those without findings too. */
  hosts: Set<string>;
  findings: Finding[];
}

/** What takes a report in, piece by piece. */
export interface ReportReader {
  push(text: string): void;
  /** @throws OaopsError `report-invalid`, `xml-invalid` */
  end(): ScanReport;
}

const mostFindings = 500_000;

/** Adds a finding. @throws OaopsError `report-too-large` */
export function addFinding(report: ScanReport, finding: Finding): void {
  if (report.findings.length >= mostFindings)
    throw new OaopsError('report-too-large', `the report has more than ${mostFindings} findings`);
  report.findings.push(finding);
}

/** By the qualitative scale of CVSS v3 (FIRST, section 5). */
export function rankOfCvss(cvss: number): Rank {
  if (cvss >= 9) return 'critical';
  if (cvss >= 7) return 'high';
  if (cvss >= 4) return 'medium';
  return cvss > 0 ? 'low' : 'info';
}

/** A score between 0 and 10; null: there is none. */
export function cvssOf(...texts: (string | undefined)[]): number | null {
  const found = texts.map((text) => Number(text?.trim() || Number.NaN)).find((value) => value >= 0 && value <= 10);
  return found ?? null;
}

export function reportInvalid(why: string): OaopsError {
  return new OaopsError('report-invalid', `the report is not understood: ${why}`);
}

/** A name for people: one line, of some length. */
export function nameOf(text: string | undefined, id: string): string {
  return text?.replace(/\s+/g, ' ').trim().slice(0, 200) || id;
}
