import { formatSize } from '../../core/units.ts';
import { localText } from '../../engine/plan/plan-text.ts';
import type { LocalizedText } from '../../runbook/types.ts';
import type { InspectionReport, ReportedResult } from '../assemble.ts';
import { plainNumber } from '../judging/range.ts';
import type { Measure } from '../types.ts';

/** How a report is told: texts of runbooks in the language, and what oaops says in it. */
export interface Told {
  lang: string;
  /** Messages and words of oaops, which are English in the record. */
  say(english: string): string;
}

export function nameIn(told: Told, text: LocalizedText): string {
  return localText(text, told.lang);
}

/** Every result with its section, in the order of the report. */
export function resultsOf(report: InspectionReport): { section: string; result: ReportedResult }[] {
  return report.sections.flatMap(({ id, results }) => results.map((result) => ({ section: id, result })));
}

/** A figure as people read it: sizes in their unit, no tail of rounding. */
export function figure(value: number, unit: Measure['unit']): string {
  if (unit === 'B') return formatSize(Math.round(value));
  const short = Number.isInteger(value) ? plainNumber(value) : String(Number(value.toPrecision(6)));
  return unit === 's' || unit === '%' ? `${short} ${unit}` : short;
}

/** `waived until 2026-12-31 by li: reason`, or nothing. */
export function waiverLine({ waiver }: ReportedResult): string | undefined {
  return waiver && `waived until ${waiver.until} by ${waiver.by}: ${waiver.reason}`;
}

/** `signed by li, 2026-11-30 08:15 UTC, photo.jpg (sha256 0123...)`, or nothing: a sign-off without who and with what is none. */
export function signLine({ by, at, evidence }: ReportedResult): string | undefined {
  if (by === undefined) return undefined;
  const time = `${(at ?? '').slice(0, 16).replace('T', ' ')} UTC`;
  if (!evidence) return `signed by ${by}, ${time}`;
  return `signed by ${by}, ${time}, evidence ${evidence.name} (sha256 ${evidence.sha256.slice(0, 16)})`;
}
