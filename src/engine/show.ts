import type { StepStatus, UnitStatus } from '../core/events.ts';
import { oneLine } from '../core/plain-text.ts';
import type { JournalRow, RunInputRow, RunRow } from '../record/types.ts';
import type { LocalizedText } from '../runbook/types.ts';
import { isFailure, itemsUnit, JournalView, unitPath } from './journal/journal-state.ts';
import { memberIdOf } from './plan/member-of.ts';
import { localText } from './plan/plan-text.ts';
import type { Plan, PlannedStep } from './plan/plan-types.ts';
import type { StoredFailure } from './run/attempt.ts';

/** One unit as the journal has it. */
export interface ShownUnit {
  unit: string;
  /** What the unit is called for people, where its name is a number: see `memberIdOf`. */
  member?: string;
  target: string;
  status: UnitStatus | 'running' | 'not-started';
  attempts: number;
  message?: string;
  /** The command, or the act, that helps. */
  next?: string;
  startedAt?: string;
  endedAt?: string;
  outputs: JournalRow['outputs'];
}

export interface ShownStep {
  id: string;
  name: string;
  uses: string;
  effect: string;
  status: StepStatus | 'running';
  units: ShownUnit[];
}

/** A run for people and scripts: `oaops runs show`. */
export interface ShownRun {
  run: RunRow;
  steps: ShownStep[];
  /** Answers, approvals, rejections and requests, in order; contents of approvals left out. */
  inputs: { step: string; unit: string; kind: RunInputRow['kind']; by: string; at: string; what: string }[];
}

/** Pure: from the rows of the record. */
export function showRun(row: RunRow, plan: Plan, rows: JournalRow[], inputs: RunInputRow[], lang?: string): ShownRun {
  const view = new JournalView(rows, inputs);
  return {
    run: row,
    steps: plan.steps.map((step) => showStep(plan, step, view, lang)),
    inputs: inputs.map(({ step, unit, kind, by, at, body }) => ({
      step,
      unit,
      kind,
      by,
      at,
      what: whatOf(kind, body),
    })),
  };
}

function showStep(plan: Plan, step: PlannedStep, view: JournalView, lang?: string): ShownStep {
  const planned = Array.isArray(step.units) ? step.units.map(({ id, target }) => ({ id, target })) : [];
  const seen = view.rows
    .filter((row) => row.step === step.id && row.unit !== itemsUnit)
    .map((row) => ({ id: row.unit, target: row.target }));
  const all = new Map([...planned, ...seen].map((unit) => [unit.id, unit]));
  const units = [...all.values()].map((unit) => showUnit(step, { ...unit, ...memberOf(plan, step, unit.id) }, view));
  return {
    id: step.id,
    name: localText(step.name, lang),
    uses: step.uses,
    effect: step.effect,
    status: statusOf(step, units),
    units,
  };
}

function memberOf(plan: Plan, step: PlannedStep, unitId: string): { member?: string } {
  const member = memberIdOf(plan, step, unitId);
  return member === undefined ? {} : { member };
}

function showUnit(
  step: PlannedStep,
  { id, ...who }: { id: string; target: string; member?: string },
  view: JournalView,
): ShownUnit {
  const rows = view.of(step.id, id);
  const last = [...rows, ...view.of(step.id, id, 'verify'), ...view.of(step.id, id, 'undo')]
    .sort((a, b) => a.seq - b.seq)
    .at(-1);
  if (!last) return { unit: id, ...who, status: 'not-started', attempts: 0, outputs: [] };
  // A verify that went well says nothing new about how the unit ended.
  const telling = last.phase === 'verify' && last.status === 'ok' ? (rows.at(-1) ?? last) : last;
  const result = (telling.result ?? {}) as { next?: string; error?: StoredFailure };
  const next = result.error?.next ?? result.next;
  return {
    unit: id,
    ...who,
    status: telling.status ?? 'running',
    attempts: rows.length,
    ...(telling.message === null ? {} : { message: telling.message }),
    ...(next === undefined ? {} : { next }),
    startedAt: rows[0]?.startedAt ?? telling.startedAt,
    ...(telling.endedAt === null ? {} : { endedAt: telling.endedAt }),
    outputs: telling.outputs,
  };
}

/** What needs attention first wins. */
function statusOf(step: PlannedStep, units: ShownUnit[]): ShownStep['status'] {
  const has = (...statuses: ShownUnit['status'][]) => units.some((unit) => statuses.includes(unit.status));
  if (step.condition === false) return 'skipped';
  if (has('unknown')) return 'unknown';
  if (units.some((unit) => isFailure(unit.status as UnitStatus))) return 'failed';
  if (has('undo-failed')) return 'undo-failed';
  if (has('running')) return 'running';
  if (has('waiting')) return 'waiting';
  if (has('aborted')) return 'aborted';
  if (has('undone')) return 'undone';
  if (units.every((unit) => unit.status === 'not-started')) return 'not-started';
  if (has('incomplete')) return 'incomplete';
  return units.every((unit) => unit.status === 'skipped') ? 'skipped' : 'ok';
}

function whatOf(kind: RunInputRow['kind'], body: unknown): string {
  const content = body as Record<string, unknown>;
  switch (kind) {
    case 'answer':
      return [String(content['value']), content['comment']].filter(Boolean).join(': ');
    case 'approval':
      return `until ${(content['message'] as { expiresAt?: string } | undefined)?.expiresAt}, key ${String(content['keyFingerprint'])}`;
    case 'rejection':
      return String(content['reason']);
    case 'request':
      return `plan signed with ${String(content['keyFingerprint'])}`;
    case 'control': {
      const decision = content['decision'] as { as?: string; seq?: number } | undefined;
      if (decision) return `row ${decision.seq}: ${decision.as}`;
      return [content['action'], content['reason']].filter(Boolean).join(': ');
    }
  }
}

/** An approval that is waited for comes from a person: what comes by itself is the end of the wait. */
function wakeText(wakeAt: string, steps: ShownStep[]): LocalizedText {
  const waiting = steps.filter((step) => step.status === 'waiting');
  const asks = waiting.length > 0 && waiting.every((step) => step.uses === 'approval');
  return asks
    ? { en: `, waits for an approval until ${wakeAt}`, 'zh-CN': `，等待审批至 ${wakeAt}` }
    : { en: `, goes on at ${wakeAt}`, 'zh-CN': `，将于 ${wakeAt} 继续` };
}

/** How a run is told: names and words of users stay as they are. */
export interface ShowWords {
  lang?: string;
  /** Messages, which stand in English in the record. */
  say(english: string): string;
  /** A status, filled up to so many columns. */
  status(status: string, columns?: number): string;
}

const plain: ShowWords = { say: (english) => english, status: (status, columns = 0) => status.padEnd(columns) };

const inputWords = {
  answer: '回答',
  approval: '批准',
  rejection: '拒绝',
  request: '发起',
  control: '操作',
} satisfies Record<RunInputRow['kind'], string>;

const controlWords: Readonly<Record<string, string>> = {
  abort: '中止',
  pause: '暂停',
  unpause: '继续',
  undo: '撤销',
  'undo-over': '撤销结束',
  redo: '重做',
  beside: '与其他运行并行',
  'retry-failed': '重试失败项',
};

/** `runs show` as text. */
export function shownText({ run, steps, inputs }: ShownRun, words: ShowWords = plain): string {
  const { say, status: word } = words;
  const local = (text: LocalizedText) => localText(text, words.lang);
  const { id, runbook, version, requester, createdAt, exitCode } = run;
  const status = word(run.status);
  const exit = exitCode === null ? '' : local({ en: ` (exit ${exitCode})`, 'zh-CN': `（退出码 ${exitCode}）` });
  const message = run.message === null ? '' : say(run.message);
  const ended = run.endedAt ? local({ en: `, ended at ${run.endedAt}`, 'zh-CN': `，结束于 ${run.endedAt}` }) : '';
  const wakes = run.wakeAt ? local(wakeText(run.wakeAt, steps)) : '';
  const lines = [
    local({ en: `run ${id}: ${runbook} ${version}`, 'zh-CN': `运行 ${id}：${runbook} ${version}` }),
    local({ en: `status: ${status}${exit}`, 'zh-CN': `状态：${status}${exit}` }),
    ...(message === '' ? [] : [local({ en: `because: ${message}`, 'zh-CN': `原因：${message}` })]),
    local({
      en: `asked for by ${requester} at ${createdAt}${ended}${wakes}`,
      'zh-CN': `由 ${requester} 发起，时间 ${createdAt}${ended}${wakes}`,
    }),
    local({ en: `plan: ${run.digest}`, 'zh-CN': `计划：${run.digest}` }),
    '',
  ];
  for (const step of steps) {
    lines.push(`${word(step.status, 12)} ${step.id}: ${step.name} [${step.uses}]`);
    for (const unit of step.units) {
      const isPlain = step.units.length === 1 && unit.target === 'localhost' && !unit.message;
      if (isPlain || unit.status === 'not-started') continue;
      const { attempts } = unit;
      const tries = attempts > 1 ? local({ en: ` (attempt ${attempts})`, 'zh-CN': `（第 ${attempts} 次尝试）` }) : '';
      const path = unitPath(step.id, oneLine(unit.member ?? unit.unit));
      const told = unit.message ? `: ${say(unit.message)}` : '';
      lines.push(`             ${word(unit.status)} ${path}${tries}${told}`);
      if (unit.next && ['waiting', 'unknown', 'failed', 'undo-failed'].includes(unit.status))
        lines.push(`               ${say(unit.next)}`);
    }
  }
  if (inputs.length > 0) lines.push('', ...inputs.map((input) => local(inputText(input, say))));
  return `${lines.join('\n')}\n`;
}

function inputText({ at, kind, step, by, what }: ShownRun['inputs'][number], say: ShowWords['say']): LocalizedText {
  const where = step === '' ? '' : ` ${step}`;
  const said = say(what);
  const [action = '', ...reason] = what.split(': ');
  const word = kind === 'control' ? controlWords[action] : undefined;
  const chinese = word === undefined ? said : [word, ...reason].join('：');
  return {
    en: `${at} ${kind}${where} by ${by}: ${said}`,
    'zh-CN': `${at} ${inputWords[kind]}${where}，${by}：${chinese}`,
  };
}
