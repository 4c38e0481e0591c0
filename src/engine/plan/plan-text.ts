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

/** How a plan is told: what users wrote stays as it is, and only what oaops says is said in their language. */
interface Telling {
  lang: string | undefined;
  /** Sentences of actions and rollouts. */
  say(english: string): string;
}

/**
 * A plan for people: what would happen, where, with which effect, and what is still open. `say`: a sentence of oaops in the language; values of users are
 * never handed to it alone.
 */
export function planText(plan: Plan, lang?: string, say = (english: string) => english): string {
  const { name, version, title } = plan.runbook;
  const local = (text: LocalizedText) => localText(text, lang);
  const effect = effects[planEffect(plan)];
  const limits = plan.limit.join(', ');
  const lines = [
    `${name} ${version}: ${local(title)}`,
    local({ en: `effect: ${effect.en}`, 'zh-CN': `影响：${effect['zh-CN']}` }),
    ...inputLines(plan.inputs, lang),
    ...(limits === '' ? [] : [local({ en: `limited to: ${limits}`, 'zh-CN': `仅限于：${limits}` })]),
    '',
  ];
  if (plan.batches) lines.push(...batchLines(plan.batches, lang), '');
  plan.steps.forEach((step, index) => {
    // The batches differ by their members, which stand above, and by what a share of them is.
    if ((step.batch ?? 1) === 1) lines.push(...stepLines(step, index + 1, { lang, say }));
    else if (plan.steps[index - 1]?.batch !== step.batch) {
      lines.push(`${String(index + 1).padStart(2)}. ${say(`... the same for batch ${step.batch}`)}`);
      if (step.tolerance) lines.push(`      ${say(toleranceText(step.tolerance))}`);
    }
  });
  lines.push('', local({ en: `digest: ${plan.digest}`, 'zh-CN': `摘要：${plan.digest}` }));
  const unguarded = unguardedDestructive(plan).map(({ id }) => id);
  if (unguarded.length > 0) {
    const ids = unguarded.join(', ');
    lines.push(
      local({
        en: `needs --confirm ${name}: ${ids} may lose data for good`,
        'zh-CN': `需要 --confirm ${name}：${ids} 可能造成数据永久丢失`,
      }),
    );
  }
  return `${lines.join('\n')}\n`;
}

const effects = {
  read: { en: 'read', 'zh-CN': '只读' },
  write: { en: 'write', 'zh-CN': '写入' },
  destructive: { en: 'destructive', 'zh-CN': '破坏性' },
} as const;

/** Whom each batch reaches; of a large one the first and the last. */
function batchLines(batches: readonly PlannedBatch[], lang: string | undefined): string[] {
  const all = batches.reduce((sum, { members }) => sum + members.length, 0);
  const count = batches.length;
  return [
    localText({ en: `population: ${all}, batches: ${count}`, 'zh-CN': `升级范围：${all} 个，批次：${count}` }, lang),
    ...batches.map(({ number, members }) => {
      const ids = members.map(({ id }) => JSON.stringify(id).slice(1, -1));
      const shown = (ids.length > 6 ? [...ids.slice(0, 4), '...', ids.at(-1)!] : ids).join(', ');
      const own = members.length;
      return localText(
        { en: `batch ${number}: ${own} (${shown})`, 'zh-CN': `第 ${number} 批：${own} 个（${shown}）` },
        lang,
      );
    }),
  ];
}

function inputLines(inputs: Record<string, unknown>, lang: string | undefined): string[] {
  return Object.entries(inputs).map(([name, value]) => {
    const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
    return localText({ en: `input ${name}: ${shown}`, 'zh-CN': `输入项 ${name}：${shown}` }, lang);
  });
}

function stepLines(step: PlannedStep, number: number, { lang, say }: Telling): string[] {
  const local = (text: LocalizedText) => localText(text, lang);
  const lines = [`${String(number).padStart(2)}. ${step.id}: ${local(step.name)} [${marksOf(step, lang)}]`];
  const add = (text: string | LocalizedText) => lines.push(`      ${localText(text, lang)}`);
  if (step.handler) add(say('only when an earlier step fails and names it'));
  if (step.always) add(say('at the end, however the other steps end'));
  if (step.condition === false) {
    add(say('skipped: its condition is false'));
    return lines;
  }
  if (isDeferred(step.condition)) {
    const { $expr } = step.condition;
    add(step.conditionText ?? { en: `would run if ${$expr}`, 'zh-CN': `满足 ${$expr} 时执行` });
  }
  if (step.needs.length > 1) {
    const needs = step.needs.join(', ');
    add({ en: `after ${needs}`, 'zh-CN': `在 ${needs} 之后` });
  }
  if (isDeferred(step.units)) {
    const { $expr } = step.units;
    const targets = step.targets.join(', ');
    if (targets === 'localhost') add({ en: `would run for each of ${$expr}`, 'zh-CN': `将对 ${$expr} 的每一项执行` });
    else
      add({
        en: `would run for each of ${$expr} on ${targets}`,
        'zh-CN': `将对 ${$expr} 的每一项在 ${targets} 上执行`,
      });
  } else if (step.units.length === 0) {
    add(say('no targets'));
  } else {
    for (const unit of step.units) {
      const summary = say(unit.summary);
      const label = oneLine(memberIdOf({}, step, unit.id) ?? unit.id);
      if (step.fanOut) add({ en: `${label}: ${summary}`, 'zh-CN': `${label}：${summary}` });
      else for (const line of summary.split('\n')) add(line);
    }
  }
  if (step.tolerance) add(say(toleranceText(step.tolerance)));
  if (step.gate) add(say(gateText(step.gate)));
  if (step.retry.attempts > 1)
    add(
      say(
        `up to ${step.retry.attempts} attempts, ${step.retry.backoff} delay from ${formatDuration(step.retry.delayMs)}`,
      ),
    );
  if (step.timeoutMs !== undefined) add(say(`each attempt ends after ${formatDuration(step.timeoutMs)}`));
  if (step.onFailure !== 'stop') add(onFailureText(step.onFailure));
  if (step.undo) {
    const { uses, scope, mode } = step.undo;
    add({ en: `undo: ${uses} (scope ${scope}, ${mode})`, 'zh-CN': `撤销：${uses}（范围 ${scope}，${modes[mode]}）` });
  }
  return lines;
}

function marksOf({ effect, standing, uses }: PlannedStep, lang: string | undefined): string {
  const { en, 'zh-CN': zh } = effects[effect];
  const shown = effect === 'read' ? en : en.toUpperCase();
  if (!standing) return localText({ en: `${shown}, ${uses}`, 'zh-CN': `${zh}，${uses}` }, lang);
  return localText({ en: `${shown} by policy, ${uses}`, 'zh-CN': `${zh}（按策略），${uses}` }, lang);
}

const modes = { auto: '自动', ask: '询问' } as const;

function onFailureText(onFailure: string): LocalizedText {
  const chinese = { continue: '继续', rollback: '全部撤销' }[onFailure] ?? onFailure;
  return { en: `on failure: ${onFailure}`, 'zh-CN': `失败时：${chinese}` };
}
