import { formatDuration, formatSize } from '../core/units.ts';
import { scheduleInWords } from './schedule-words.ts';
import type { ScheduleSpec } from './schema/spec.ts';
import type { Catalogue, InputSpec, LocalizedText, Runbook, StepSpec } from './types.ts';

/** A runbook for people: header, inputs and steps, as rows that a command prints as tables. */
export interface Description {
  head: [label: string, value: string][];
  inputs: { name: string; type: string; required: string; default: string; about: string }[];
  steps: { id: string; uses: string; effect: string; on: string; name: string }[];
}

export function describeRunbook(runbook: Runbook, catalogue: Catalogue, lang: 'en' | 'zh-CN'): Description {
  const { metadata } = runbook;
  const optional = (label: string, value: string): [string, string][] => (value === '' ? [] : [[label, value]]);
  return {
    head: [
      ['name', metadata.name],
      ['version', metadata.version],
      ['kind', runbook.kind],
      ['title', inLanguage(metadata.title, lang)],
      ...optional('description', metadata.description ? inLanguage(metadata.description, lang).trim() : ''),
      ['owner', metadata.owner],
      ...optional('procedures', metadata.procedures.join(', ')),
      ...optional(
        'labels',
        Object.entries(metadata.labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(', '),
      ),
      ...optional('inventory', runbook.inventory ?? ''),
      ...optional('schedule', scheduleText(runbook.schedule)),
      ['file', runbook.source.file],
      ['sha256', runbook.source.sha256],
    ],
    inputs: Object.entries(runbook.inputs).map(([name, input]) => ({
      name,
      type: inputType(input),
      required: input.required ? 'yes' : 'no',
      default: input.default === undefined ? '' : String(input.default),
      about: inLanguage(input.title ?? input.description ?? { en: '' }, lang),
    })),
    steps: runbook.steps.map((step) => ({
      id: step.id,
      uses: step.uses,
      effect: catalogue.actions.find(({ name }) => name === step.uses)?.effect ?? '',
      on: placeText(step),
      name: inLanguage(step.name, lang),
    })),
  };
}

export function inLanguage(text: LocalizedText, lang: 'en' | 'zh-CN'): string {
  return lang === 'zh-CN' ? (text['zh-CN'] ?? text.en) : text.en;
}

function inputType({ type, values, pattern, min, max }: InputSpec): string {
  const show = (bound: number): string =>
    type === 'duration' ? formatDuration(bound) : type === 'size' ? formatSize(bound) : String(bound);
  const bounds =
    min === undefined && max === undefined
      ? ''
      : ` ${min === undefined ? '' : show(min)}..${max === undefined ? '' : show(max)}`;
  return `${type}${values ? `: ${values.join('|')}` : ''}${pattern ? ` /${pattern}/` : ''}${bounds}`;
}

function placeText(step: StepSpec): string {
  const targets = step.targets === undefined ? 'local' : step.targets.join(', ');
  return step.forEach === undefined ? targets : `${targets}, for each item`;
}

function scheduleText(schedule: unknown): string {
  if (schedule === undefined) return '';
  const { timeZone } = schedule as ScheduleSpec;
  return `${scheduleInWords(schedule as ScheduleSpec)}${timeZone ? `; ${timeZone}` : ''}`;
}
