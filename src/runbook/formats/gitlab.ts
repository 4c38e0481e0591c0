import { fingerprints } from './fingerprint.ts';
import type { FormatOptions, Report } from './format.ts';
import { reportPath } from './paths.ts';

const severities = { error: 'major', warning: 'minor', info: 'info' } as const;

/** GitLab Code Quality report: the members of the Code Climate format that GitLab reads. */
export function formatGitlab({ findings }: Report, { cwd }: FormatOptions): string {
  const marks = fingerprints(findings, (file) => reportPath(file, cwd));
  const issues = findings.map((finding, index) => ({
    description: finding.next === undefined ? finding.message : `${finding.message}. ${finding.next}`,
    check_name: finding.rule,
    fingerprint: marks[index],
    severity: severities[finding.severity],
    location: {
      path: reportPath(finding.file, cwd),
      lines: { begin: finding.line, end: finding.endLine ?? finding.line },
    },
  }));
  return `${JSON.stringify(issues, null, 2)}\n`;
}
