import { oneLine } from '../../core/plain-text.ts';
import { escapeXml } from '../../core/xml-text.ts';
import type { InspectionReport, ReportedResult } from '../assemble.ts';
import type { CheckState } from '../types.ts';
import { nameIn, signLine, type Told, waiverLine } from './report-words.ts';

const failures: readonly CheckState[] = ['fail', 'manual-failed'];
const errors: readonly CheckState[] = ['error', 'manual-pending'];
const skips: readonly CheckState[] = ['skipped', 'not-applicable', 'waived'];

/** JUnit XML as CI systems read it: a suite for each section, a case for each check on each host. */
export function junitReport(report: InspectionReport, told: Told): string {
  const suites = report.sections.map(({ id, title, results }) => {
    const count = (states: readonly CheckState[]) => results.filter(({ state }) => states.includes(state)).length;
    const cases = results.map((result) => {
      const { host, check, name } = result;
      const where = `classname="${text(`${report.inspection}.${id}.${host}`)}" name="${text(`${check}: ${nameIn(told, name)}`)}"`;
      return `    <testcase ${where}>\n      ${outcome(result)}\n    </testcase>`;
    });
    return `  <testsuite name="${text(nameIn(told, title))}" tests="${results.length}" failures="${count(failures)}" errors="${count(errors)}" skipped="${count(skips)}" timestamp="${report.at.slice(0, 19)}">\n${cases.join('\n')}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${text(report.inspection)}">\n${suites.join('\n')}\n</testsuites>\n`;
}

function outcome(result: ReportedResult): string {
  const { state, message, details, next } = result;
  const more = [waiverLine(result), ...(state === 'pass' ? [] : [...details, next]), signLine(result)];
  const lines = more.filter((line) => line !== undefined);
  const tag = failures.includes(state)
    ? 'failure'
    : errors.includes(state)
      ? 'error'
      : skips.includes(state)
        ? 'skipped'
        : undefined;
  if (tag === undefined) return `<system-out>${text(`${state}: ${message}`, ...lines)}</system-out>`;
  const type = tag === 'skipped' ? '' : ` type="${state}"`;
  return `<${tag} message="${text(message)}"${type}>${text(...lines)}</${tag}>`;
}

/** Lines as text of a document; what a terminal would obey is shown, as logs of CI systems are read in one. */
function text(...lines: string[]): string {
  return escapeXml(lines.map(oneLine).join('\n'));
}
