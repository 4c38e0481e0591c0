import { escapeXml } from '../../core/xml-text.ts';
import type { Finding } from '../types.ts';
import type { FormatOptions, Report } from './format.ts';
import { reportPath } from './paths.ts';

/** JUnit XML: a test case per file. Errors fail it; warnings go to its output, since JUnit has no word for them. */
export function formatJunit({ files, findings }: Report, { cwd }: FormatOptions): string {
  // A path that stands for nothing is no file that was checked, and has to fail all the same.
  const cases = [...new Set([...files, ...findings.map(({ file }) => file)])].map((file) => {
    const own = findings.filter((finding) => finding.file === file);
    const errors = own.filter(({ severity }) => severity === 'error');
    const others = own.filter(({ severity }) => severity !== 'error');
    const body = [
      ...(errors.length === 0 ? [] : [failure(errors)]),
      ...(others.length === 0 ? [] : [`      <system-out>${escapeXml(others.map(line).join('\n'))}</system-out>`]),
    ];
    const open = `    <testcase classname="oaops.runbook" name="${escapeXml(reportPath(file, cwd))}" file="${escapeXml(reportPath(file, cwd))}" time="0"`;
    return {
      failed: errors.length > 0,
      xml: body.length === 0 ? `${open}/>` : `${open}>\n${body.join('\n')}\n    </testcase>`,
    };
  });
  const figures = `tests="${cases.length}" failures="${cases.filter(({ failed }) => failed).length}" errors="0" time="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="oaops" ${figures}>`,
    `  <testsuite name="oaops runbook validate" ${figures} skipped="0">`,
    ...cases.map(({ xml }) => xml),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** One failure element with all errors: several readers show only the first of a case. */
function failure(errors: Finding[]): string {
  const first = errors[0]!;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `      <failure type="${escapeXml(first.rule)}" message="${escapeXml(first.message + more)}">${escapeXml(errors.map(line).join('\n'))}</failure>`;
}

function line({ file, line: number, col, severity, rule, message, next }: Finding): string {
  return `${file}:${number}:${col} ${severity} ${rule} ${message}${next === undefined ? '' : `\n  ${next}`}`;
}
