import type { InspectionReport } from '../assemble.ts';
import { htmlReport, type Trends } from './html.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';
import { nagiosReport } from './nagios.ts';
import { prometheusReport } from './prometheus.ts';
import type { Told } from './report-words.ts';
import { tapReport } from './tap.ts';

/** Formats for files and other programs; `text` is the terminal's own. */
export const reportFormats = ['text', 'json', 'junit', 'tap', 'nagios', 'prometheus', 'markdown', 'html'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** A report in one of the formats but `text`. */
export function formatReport(
  report: InspectionReport,
  format: Exclude<ReportFormat, 'text'>,
  { trends, ...given }: Told & { trends?: Trends },
): string {
  const told = { ...given, say: once(given.say) };
  switch (format) {
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`;
    case 'junit':
      return junitReport(report, told);
    case 'tap':
      return tapReport(report);
    case 'nagios':
      return nagiosReport(report);
    case 'prometheus':
      return prometheusReport(report);
    case 'markdown':
      return markdownReport(report, told);
    case 'html':
      return htmlReport(report, told, trends);
  }
}

/** Hundreds of hosts say the same; finding out what a text is in another language takes a millisecond. */
function once(say: Told['say']): Told['say'] {
  const said = new Map<string, string>();
  return (english) => {
    const known = said.get(english) ?? say(english);
    said.set(english, known);
    return known;
  };
}
