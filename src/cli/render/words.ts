import { formatDuration, formatSize } from '../../core/units.ts';
import { type Paint, paint } from '../color.ts';
import { type Language, type TextKey, text } from '../texts/texts.ts';
import type { RunView, StepView, UnitView } from './model.ts';

/** How the lines of a run are written. */
export interface Wording {
  lang: Language;
  color: boolean;
  /** Symbols beyond ASCII; off where the locale is not UTF-8. */
  unicode: boolean;
}

const good = ['ok', 'undone'];
const bad = ['failed', 'timed-out', 'unreachable', 'undo-failed', 'refused'];

export function statusPaint(status: string): Paint {
  if (good.includes(status)) return 'green';
  if (bad.includes(status)) return 'red';
  return status === 'skipped' || status === 'not-started' || status === 'planned' ? 'dim' : 'yellow';
}

export function statusWord(how: Wording, status: string): string {
  return text(how.lang, `status.${status}` as TextKey);
}

export function statusIcon(how: Wording, status: string): string {
  const [ok, no, part, off] = how.unicode ? ['✔', '✖', '⚠', '·'] : ['+', 'x', '!', '-'];
  const kind = statusPaint(status);
  return paint(how.color, kind, kind === 'green' ? ok! : kind === 'red' ? no! : kind === 'dim' ? off! : part!);
}

/** `412.0 MiB of 1.4 GiB, 96.1 MiB/s, 11.0 s left`: what is known of how far a unit is. */
export function progressText(how: Wording, unit: UnitView, nowMs: number): string {
  const progress = unit.progress;
  if (!progress) return '';
  const { done, total, measure } = progress;
  const amount = (n: number) => (measure === 'bytes' ? formatSize(n) : String(n));
  const parts: string[] = [];
  if (progress.message) parts.push(progress.message);
  if (done !== undefined) parts.push(total === undefined ? amount(done) : `${amount(done)} / ${amount(total)}`);
  const elapsedMs = nowMs - progress.sinceMs;
  // The first second says nothing about the rate.
  if (done && elapsedMs >= 1000) {
    const perMs = done / elapsedMs;
    if (measure === 'bytes')
      parts.push(text(how.lang, 'progress.rate', { rate: formatSize(Math.round(perMs * 1000)) }));
    if (total !== undefined && total > done) {
      parts.push(
        text(how.lang, 'progress.eta', { time: formatDuration(Math.round((total - done) / perMs / 1000) * 1000) }),
      );
    }
  }
  return parts.join(', ');
}

/** True when a unit's name tells something: there are several, or it is not the local machine. */
export function showsUnits(step: StepView): boolean {
  return (
    step.unitCount > 1 || step.units.size > 1 || [...step.units.values()].some((unit) => unit.target !== 'localhost')
  );
}

/** One ended step and the units that did not end well: what stays on the screen. */
export function endedStepLines(how: Wording, step: StepView): string[] {
  const time =
    step.durationMs === undefined || step.startedMs === undefined
      ? ''
      : `  ${paint(how.color, 'dim', formatDuration(step.durationMs))}`;
  const word = good.includes(step.status)
    ? ''
    : `  ${paint(how.color, statusPaint(step.status), statusWord(how, step.status === 'planned' ? 'not-started' : step.status))}`;
  const lines = [`${statusIcon(how, step.status)} ${step.name}${word}${time}`];
  const named = showsUnits(step);
  const told = new Set<string>();
  for (const unit of step.units.values()) {
    if (good.includes(unit.status) || unit.status === 'skipped') continue;
    const why = unit.message ? `: ${unit.message}` : '';
    const who = named ? `${unit.member ?? unit.target} ` : '';
    lines.push(`    ${who}${statusWord(how, unit.status)}${why}`);
    if (unit.message) told.add(unit.message);
    if (unit.next) lines.push(`    ${unit.next}`);
  }
  if (step.message && !told.has(step.message)) lines.push(`    ${step.message}`);
  return lines;
}

/** Steps that never started: by name while they are few. */
export function notStartedLines(how: Wording, steps: StepView[]): string[] {
  if (steps.length <= 3) return steps.flatMap((step) => endedStepLines(how, step));
  const { length } = steps;
  const words = text(how.lang, 'run.not-started', {
    count: length,
    first: steps[0]!.name,
    last: steps[length - 1]!.name,
  });
  return [`${statusIcon(how, 'not-started')} ${words}`];
}

/** The last lines of a run: status, time, reason and next step. */
export function endedRunLines(how: Wording, view: RunView): string[] {
  const status = paint(how.color, statusPaint(view.status), statusWord(how, view.status));
  const lines = [text(how.lang, 'run.ended', { status, duration: formatDuration(view.durationMs ?? 0) })];
  if (view.message) lines.push(view.message);
  if (view.next) lines.push(view.next);
  return lines;
}

export function startedRunLine(how: Wording, view: RunView): string {
  const { run, runbook, version } = view;
  return text(how.lang, view.resumed ? 'run.resumed' : 'run.started', { run, runbook, version });
}
