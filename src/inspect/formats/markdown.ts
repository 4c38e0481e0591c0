import { oneLine } from '../../core/plain-text.ts';
import type { InspectionReport } from '../assemble.ts';
import { summaryLine } from '../summary.ts';
import { nameIn, signLine, type Told, waiverLine } from './report-words.ts';

/** A page of Markdown: what is not all right first, each section as a table. What hosts say is data, and stays text. */
export function markdownReport(report: InspectionReport, told: Told): string {
  const { say } = told;
  const parts = [
    `# ${cell(nameIn(told, report.title))}`,
    `${cell(summaryLine(report, say))}\n\n${say('run')} ${report.run}, ${report.at}`,
  ];
  for (const { title, results } of report.sections) {
    const rows = results.map((result) => {
      const { state, host, name, check, message, details, next } = result;
      const more = state === 'pass' ? [] : [waiverLine(result), ...details, next, signLine(result)];
      const text = [message, ...more.filter((line) => line !== undefined)].map((line) => cell(say(line))).join('<br>');
      return `| ${say(state)}${result.new ? ` (${say('new')})` : ''} | ${cell(host)} | ${cell(nameIn(told, name))} (${cell(check)}) | ${text} |`;
    });
    parts.push(
      `## ${cell(nameIn(told, title))}`,
      `| ${say('state')} | ${say('host')} | ${say('check')} | ${say('result')} |\n|---|---|---|---|\n${rows.join('\n')}`,
    );
  }
  return `${parts.join('\n\n')}\n`;
}

/** Signs that Markdown, or HTML in it, would take for its own are escaped. */
function cell(text: string): string {
  return oneLine(text)
    .replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]!)
    .replace(/[\\`*_{}[\]()#+!|~]/g, '\\$&');
}
