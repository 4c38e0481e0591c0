import { oneLine } from '../../core/plain-text.ts';
import { formatDuration } from '../../core/units.ts';
import type { LocalizedText } from '../../runbook/types.ts';
import { isDeferred } from '../run/values.ts';
import { memberIdOf } from './member-of.ts';
import { planEffect } from './plan.ts';
import { unguardedDestructive } from './plan-check.ts';
import type { Plan, PlannedBatch, PlannedStep } from './plan-types.ts';
import { gateText, toleranceText } from './rollout-text.ts';

/** The text in the user's language, English when there is none. Arguments that hold expressions still have bare texts. */
export function localText(text: LocalizedText | string, lang?: string): string {
  if (typeof text === 'string') return text;
  return (lang === 'zh-CN' ? text['zh-CN'] : undefined) ?? text.en;
}

/** The name of a step for whoever watches a run; in a rollout with its batch, because the same names come in each. */
export function stepTitle(
  plan: Pick<Plan, 'batches'>,
  { name, batch }: Pick<PlannedStep, 'name' | 'batch'>,
  lang?: string,
): string {
  const own = localText(name, lang);
  if (batch === undefined || !plan.batches) return own;
  const of = plan.batches.length;
  return localText({ en: `batch ${batch} of ${of}: ${own}`, 'zh-CN': `第 ${batch}/${of} 批：${own}` }, lang);
}

/** A plan for people: what would happen, where, with which effect, and what is still open. */
export function planText(plan: Plan, lang?: string): string {
  const lines = [
    `${plan.runbook.name} ${plan.runbook.version}: ${localText(plan.runbook.title, lang)}`,
    `effect: ${planEffect(plan)}`,
    ...inputLines(plan.inputs),
    ...(plan.limit.length > 0 ? [`limited to: ${plan.limit.join(', ')}`] : []),
    '',
  ];
  if (plan.batches) lines.push(...batchLines(plan.batches), '');
  plan.steps.forEach((step, index) => {
    // The batches differ by their members, which stand above, and by what a share of them is.
    if ((step.batch ?? 1) === 1) lines.push(...stepLines(step, index + 1, lang));
    else if (plan.steps[index - 1]?.batch !== step.batch) {
      lines.push(`${String(index + 1).padStart(2)}. ... the same for batch ${step.batch}`);
      if (step.tolerance) lines.push(`      ${toleranceText(step.tolerance)}`);
    }
  });
  lines.push('', `digest: ${plan.digest}`);
  const unguarded = unguardedDestructive(plan);
  if (unguarded.length > 0)
    lines.push(
      `needs --confirm ${plan.runbook.name}: ${unguarded.map((step) => step.id).join(', ')} may lose data for good`,
    );
  return `${lines.join('\n')}\n`;
}

/** Whom each batch reaches; of a large one the first and the last. */
function batchLines(batches: readonly PlannedBatch[]): string[] {
  const all = batches.reduce((sum, { members }) => sum + members.length, 0);
  return [
    `population: ${all}, batches: ${batches.length}`,
    ...batches.map(({ number, members }) => {
      const ids = members.map(({ id }) => JSON.stringify(id).slice(1, -1));
      const shown = ids.length > 6 ? [...ids.slice(0, 4), '...', ids.at(-1)!] : ids;
      return `batch ${number}: ${members.length} (${shown.join(', ')})`;
    }),
  ];
}

function inputLines(inputs: Record<string, unknown>): string[] {
  return Object.entries(inputs).map(
    ([name, value]) => `input ${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
}

function stepLines(step: PlannedStep, number: number, lang?: string): string[] {
  const effect = step.effect === 'read' ? 'read' : step.effect.toUpperCase();
  const marks = [step.standing ? `${effect} by policy` : effect, step.uses];
  const lines = [`${String(number).padStart(2)}. ${step.id}: ${localText(step.name, lang)} [${marks.join(', ')}]`];
  const add = (text: string) => lines.push(`      ${text}`);
  if (step.handler) add('only when an earlier step fails and names it');
  if (step.always) add('at the end, however the other steps end');
  if (step.condition === false) {
    add('skipped: its condition is false');
    return lines;
  }
  if (isDeferred(step.condition)) {
    if (step.conditionText) add(localText(step.conditionText, lang));
    else add(`would run if ${step.condition.$expr}`);
  }
  if (step.needs.length > 1) add(`after ${step.needs.join(', ')}`);
  if (isDeferred(step.units)) {
    add(
      `would run for each of ${step.units.$expr}${step.targets.join() === 'localhost' ? '' : ` on ${step.targets.join(', ')}`}`,
    );
  } else if (step.units.length === 0) {
    add('no targets');
  } else {
    for (const unit of step.units)
      if (step.fanOut) add(`${oneLine(memberIdOf({}, step, unit.id) ?? unit.id)}: ${unit.summary}`);
      else for (const line of unit.summary.split('\n')) add(line);
  }
  if (step.tolerance) add(toleranceText(step.tolerance));
  if (step.gate) add(gateText(step.gate));
  if (step.retry.attempts > 1)
    add(
      `up to ${step.retry.attempts} attempts, ${step.retry.backoff} delay from ${formatDuration(step.retry.delayMs)}`,
    );
  if (step.timeoutMs !== undefined) add(`each attempt ends after ${formatDuration(step.timeoutMs)}`);
  if (step.onFailure !== 'stop') add(`on failure: ${step.onFailure}`);
  if (step.undo) add(`undo: ${step.undo.uses} (scope ${step.undo.scope}, ${step.undo.mode})`);
  return lines;
}
