import type { Finding } from '../types.ts';
import type { FormatOptions, Report } from './format.ts';
import { reportPath } from './paths.ts';

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const;

/** Workflow commands of GitHub Actions: one annotation per finding (GitHub shows ten of each severity per step). */
export function formatGithub({ findings }: Report, { cwd }: FormatOptions): string {
  return findings.map((finding) => `${annotation(finding, cwd)}\n`).join('');
}

function annotation(finding: Finding, cwd: string): string {
  const { line, col, endLine, endCol } = finding;
  const properties: [string, string | number | undefined][] = [
    ['file', reportPath(finding.file, cwd)],
    ['line', line],
    ['endLine', endLine],
    ['col', col],
    // GitHub takes columns only for ranges within one line.
    ['endColumn', endLine === line ? endCol : undefined],
    ['title', finding.rule],
  ];
  const list = properties.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapeProperty(String(value))}`],
  );
  const message = finding.next === undefined ? finding.message : `${finding.message}\n${finding.next}`;
  return `::${commands[finding.severity]} ${list.join(',')}::${escapeData(message)}`;
}

/** As the toolkit of GitHub Actions escapes the message of a command. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
