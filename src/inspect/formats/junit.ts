import { escapeXml } from '../../core/xml-text.ts';
import type { InspectionReport } from '../assemble.ts';
import type { CheckState } from '../types.ts';
import { nameIn, signLine, type Told, waiverLine } from './told.ts';

const failures: readonly CheckState[] = ['fail', 'manual-failed'];
const errors: readonly CheckState[] = ['error', 'manual-pending'];
const skips: readonly CheckState[] = ['skipped', 'not-applicable', 'waived'];

/** JUnit XML as CI systems read it: a suite for each section, a case for each check on each host. */
export function junitReport(report: InspectionReport, told: Told): string {
  const suites = report.sections.map(({ id, title, results }) => {
    const count = (states: readonly CheckState[]) => results.filter(({ state }) => states.includes(state)).length;
    const cases = results.map((result) => {
      const { state, message, host, check, name } = result;
      const attributes = `classname="${escapeXml(`${report.inspection}.${id}.${host}`)}" name="${escapeXml(`${check}: ${nameIn(told, name)}`)}"`;
      const body = escapeXml(
        [waiverLine(result), ...result.details, result.next, signLine(result)].filter(Boolean).join('\n'),
      );
      const tag = failures.includes(state)
        ? 'failure'
        : errors.includes(state)
          ? 'error'
          : skips.includes(state)
            ? 'skipped'
            : undefined;
      if (tag === undefined)
        return `    <testcase ${attributes}>\n      <system-out>${escapeXml([`${state}: ${message}`, signLine(result)].filter(Boolean).join('\n'))}</system-out>\n    </testcase>`;
      const type = tag === 'skipped' ? '' : ` type="${state}"`;
      return `    <testcase ${attributes}>\n      <${tag} message="${escapeXml(message)}"${type}>${body}</${tag}>\n    </testcase>`;
    });
    return `  <testsuite name="${escapeXml(nameIn(told, title))}" tests="${results.length}" failures="${count(failures)}" errors="${count(errors)}" skipped="${count(skips)}" timestamp="${report.at.slice(0, 19)}">\n${cases.join('\n')}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escapeXml(report.inspection)}">\n${suites.join('\n')}\n</testsuites>\n`;
}
