import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Rule, rules } from '../rules.ts';
import type { Finding, Severity } from '../types.ts';
import { fingerprints } from './fingerprint.ts';
import type { FormatOptions, Report } from './format.ts';
import { reportPath } from './paths.ts';

const levels: Record<Severity, string> = { error: 'error', warning: 'warning', info: 'note' };

/** SARIF 2.1.0 (OASIS): one run, every rule that reported, regions in UTF-16 columns. */
export function formatSarif({ files, findings }: Report, { toolVersion, cwd }: FormatOptions): string {
  const ids = [...new Set(findings.map(({ rule }) => rule))].sort();
  const marks = fingerprints(findings, (file) => reportPath(file, cwd));
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'oaops',
            version: toolVersion,
            semanticVersion: toolVersion,
            rules: ids.map((id) => describeRule(id, findings)),
          },
        },
        columnKind: 'utf16CodeUnits',
        artifacts: files.map((file) => ({ location: artifact(file, cwd) })),
        results: findings.map((finding, index) => ({
          ruleId: finding.rule,
          ruleIndex: ids.indexOf(finding.rule),
          level: levels[finding.severity],
          message: { text: finding.next === undefined ? finding.message : `${finding.message}. ${finding.next}` },
          locations: [{ physicalLocation: { artifactLocation: artifact(finding.file, cwd), region: region(finding) } }],
          partialFingerprints: { 'oaopsFinding/v1': marks[index] },
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function describeRule(id: string, findings: readonly Finding[]): unknown {
  const known = (rules as Record<string, Rule>)[id];
  // A kind's own rule is known only by what it reported.
  const severity = known?.severity ?? findings.find(({ rule }) => rule === id)?.severity ?? 'error';
  return {
    id,
    ...(known ? { shortDescription: { text: known.summary } } : {}),
    defaultConfiguration: { level: levels[severity] },
  };
}

function artifact(file: string, cwd: string): { uri: string; uriBaseId?: string } {
  const path = reportPath(file, cwd);
  if (isAbsolute(path)) return { uri: pathToFileURL(path).href };
  return { uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: '%SRCROOT%' };
}

function region({ line, col, endLine, endCol }: Finding): unknown {
  return { startLine: line, startColumn: col, ...(endLine === undefined ? {} : { endLine, endColumn: endCol ?? 1 }) };
}
