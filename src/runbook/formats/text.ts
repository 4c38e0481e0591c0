import { styleText } from 'node:util';
import { count } from '../../core/units.ts';
import type { Finding, Severity } from '../types.ts';
import { visible } from '../yaml/text.ts';
import type { FormatOptions, Report } from './format.ts';

const colors = { error: 'red', warning: 'yellow', info: 'cyan' } as const;

/** `file:line:col severity rule message`, the next step indented below; then one line of figures. */
export function formatText(
  { files, skipped, findings }: Report,
  { color, say = (english) => english }: FormatOptions,
): string {
  const paint = (how: Parameters<typeof styleText>[0], text: string) =>
    color ? styleText(how, text, { validateStream: false }) : text;
  const lines = findings.flatMap((finding) => {
    const place = `${visible(finding.file)}:${finding.line}:${finding.col}`;
    const head = `${paint('bold', place)} ${paint(colors[finding.severity], finding.severity)} ${finding.rule} ${say(finding.message)}`;
    return finding.next === undefined ? [head] : [head, `  ${paint('dim', say(finding.next))}`];
  });
  const left =
    skipped.length === 0
      ? ''
      : `; ${count(skipped.length, 'file')} skipped (no runbooks): ${skipped.slice(0, 5).map(visible).join(', ')}${skipped.length > 5 ? ', ...' : ''}`;
  const sum =
    findings.length === 0
      ? `${count(files.length, 'runbook')} checked, no findings`
      : `${summary(findings, say)} in ${count(new Set(findings.map(({ file }) => file)).size, 'file')} of ${new Set([...files, ...findings.map(({ file }) => file)]).size}`;
  return `${[...lines, `${say(sum)}${left === '' ? '' : say(left)}`].join('\n')}\n`;
}

function summary(findings: Finding[], say: (english: string) => string): string {
  const severities: Severity[] = ['error', 'warning', 'info'];
  return severities
    .map((severity) => ({ severity, number: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ number }) => number > 0)
    .map(({ severity, number }) => say(severity === 'info' ? `${number} info` : count(number, severity)))
    .join(', ');
}
