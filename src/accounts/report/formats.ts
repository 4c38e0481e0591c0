import { csvReport } from './csv.ts';
import { htmlReport } from './html.ts';
import { jsonReport } from './json.ts';
import { markdownReport } from './markdown.ts';
import type { AccountReport } from './report.ts';

/** Formats for files and other programs; `text` is the terminal's own. */
export const accountFormats = ['text', 'json', 'csv', 'markdown', 'html'] as const;
export type AccountFormat = (typeof accountFormats)[number];

export interface Telling {
  lang: string;
  /** What was seen, in the language; it lies in the record in English. */
  say(english: string): string;
}

/** A report in one of the formats but `text`, in parts: it is never held whole. */
export function accountReportParts(
  report: AccountReport,
  format: Exclude<AccountFormat, 'text'>,
  telling: Telling,
): Generator<string> {
  switch (format) {
    case 'json':
      return jsonReport(report);
    case 'csv':
      return csvReport(report, telling);
    case 'markdown':
      return markdownReport(report, telling);
    case 'html':
      return htmlReport(report, telling);
  }
}
