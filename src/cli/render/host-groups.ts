import type { UnitStatus } from '../../core/events.ts';
import { type Language, say, text } from '../texts/texts.ts';

/** What one host said to a command. */
export interface HostResult {
  name: string;
  status: UnitStatus | 'not-started';
  stdout: string;
  stderr: string;
  /** Characters of both outputs that are not here. */
  leftOut: number;
  message?: string | undefined;
  next?: string | undefined;
}

/**
 * Hosts that said the very same stand together: `web1, web2, web3 (3): up 3 days`. Longer output follows indented; what is not
 * well has its status and reason in the first line.
 */
export function hostGroupsText(lang: Language, results: readonly HostResult[]): string {
  const groups = new Map<string, HostResult[]>();
  for (const result of results) {
    const { name: _name, ...said } = result;
    const key = JSON.stringify(said);
    const group = groups.get(key);
    if (group) group.push(result);
    else groups.set(key, [result]);
  }
  return [...groups.values()].map((group) => groupText(lang, group)).join('\n');
}

function groupText(lang: Language, group: readonly HostResult[]): string {
  const { status, stdout, stderr, leftOut, message, next } = group[0]!;
  const names = group.map(({ name }) => name).join(', ');
  const who = group.length === 1 ? names : `${names} (${group.length})`;
  const said = [...linesOf(stdout), ...linesOf(stderr)];
  if (leftOut > 0) said.push(`[... ${say(lang, `${leftOut} characters left out`)} ...]`);
  const word = text(lang, `status.${status}`);
  if (status === 'ok') {
    if (said.length === 0) return `${who}: ${word}`;
    if (said.length === 1) return `${who}: ${said[0]}`;
    return [`${who}:`, ...said.map((line) => `  ${line}`)].join('\n');
  }
  const reason = message === undefined ? '' : `: ${say(lang, message)}`;
  const advice = next === undefined ? [] : [`  ${say(lang, next)}`];
  return [`${who}: ${word}${reason}`, ...advice, ...said.map((line) => `  ${line}`)].join('\n');
}

function linesOf(output: string): string[] {
  return output === '' ? [] : output.replace(/\r?\n$/, '').split('\n');
}
