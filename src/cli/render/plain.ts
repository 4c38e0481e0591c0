import type { EventSink, RunEvent } from '../../core/events.ts';
import { formatDuration } from '../../core/units.ts';
import { text } from '../texts/texts.ts';
import { RunModel, type StepView } from './model.ts';
import { endedRunLines, progressText, showsUnits, startedRunLine, statusWord, type Wording } from './words.ts';

/** A unit that takes long says how far it is this often; so a log shows that it lives. */
const progressEveryMs = 30_000;

/** Run events as lines for pipes, cron mail and log files: one fact a line, in the order of what happened. */
export function plainSink(how: Wording, options: { verbose: boolean }, write: (line: string) => void): EventSink {
  const model = new RunModel();
  const lastProgressMs = new Map<string, number>();
  /** What goes on with units that wait: said once, where the run stops. */
  const waiting = new Map<string, string>();
  const label = (step: StepView) => `[${model.view.steps.indexOf(step) + 1}/${model.view.steps.length}] ${step.name}`;

  const unitName = (event: RunEvent & { step: string; unit: string }): string => {
    const step = model.step(event.step);
    const name = step.units.get(event.unit)?.member ?? event.unit;
    return showsUnits(step) ? `${label(step)}: ${name}` : label(step);
  };

  return (event) => {
    model.apply(event);
    switch (event.event) {
      case 'run.started':
        write(startedRunLine(how, model.view));
        break;
      case 'step.started':
        write(label(model.step(event.step)));
        break;
      case 'unit.progress': {
        const unit = model.step(event.step).units.get(event.unit);
        const nowMs = Date.parse(event.time);
        const key = `${event.step} ${event.unit}`;
        const sinceMs = nowMs - (lastProgressMs.get(key) ?? unit?.startedMs ?? nowMs);
        if (!unit || (sinceMs < progressEveryMs && !options.verbose)) break;
        if (sinceMs < 1000) break;
        lastProgressMs.set(key, nowMs);
        write(`${unitName(event)}: ${progressText(how, unit, nowMs)}`);
        break;
      }
      case 'unit.output':
        if (options.verbose)
          for (const line of event.text.replace(/\n$/, '').split('\n')) write(`  ${event.unit} | ${line}`);
        break;
      case 'unit.retry':
        write(
          `${unitName(event)}: ${text(how.lang, 'unit.retry', { attempt: event.attempt, message: event.message, wait: formatDuration(event.inMs) })}`,
        );
        break;
      case 'unit.ended': {
        waiting.delete(`${event.step} ${event.unit}`);
        if (event.status === 'ok' && !showsUnits(model.step(event.step))) break;
        const phase = event.phase === 'do' ? '' : `${text(how.lang, `phase.${event.phase}`)} `;
        write(
          `${unitName(event)}: ${phase}${statusWord(how, event.status)} (${formatDuration(event.durationMs)})${event.message ? `: ${event.message}` : ''}`,
        );
        if (event.next && event.status === 'waiting') waiting.set(`${event.step} ${event.unit}`, event.next);
        else if (event.next) write(`  ${event.next}`);
        break;
      }
      case 'step.ended': {
        const step = model.step(event.step);
        // What its one unit has just said is not said again.
        if (tellsItsUnit(step, event.status, event.message)) break;
        const why = event.message ? `: ${event.message}` : '';
        const time = step.startedMs === undefined ? '' : ` (${formatDuration(event.durationMs)})`;
        write(`${label(step)}: ${statusWord(how, event.status)}${time}${why}`);
        break;
      }
      case 'run.warning':
        write(text(how.lang, 'run.warning', { message: event.message }));
        break;
      case 'run.ended':
        for (const line of endedRunLines(how, model.view)) write(line);
        for (const next of new Set(waiting.values())) if (next !== model.view.next) write(next);
        break;
    }
  };
}

function tellsItsUnit(step: StepView, status: StepView['status'], message: string | undefined): boolean {
  if (message === undefined || showsUnits(step)) return false;
  const [unit] = step.units.values();
  return unit?.status === status && unit.message === message;
}

/** Several runs side by side (`oaops tick`): each is told on its own. */
export function perRun(make: () => EventSink): EventSink {
  const sinks = new Map<string, EventSink>();
  return (event) => {
    // What is said before a run is known belongs to the first one.
    const run = event.run || ([...sinks.keys()][0] ?? '');
    const sink = sinks.get(run) ?? make();
    sinks.set(run, sink);
    sink(event);
    if (event.event === 'run.ended') sinks.delete(event.run);
  };
}

/** With `--quiet`: nothing while all goes well; a run that did not end well is told whole, so that cron mails a story. */
export function quietSink(how: Wording, write: (line: string) => void): EventSink {
  const kept: string[] = [];
  const inner = plainSink(how, { verbose: false }, (line) => kept.push(line));
  return (event) => {
    inner(event);
    if (event.event === 'run.ended' && event.exitCode !== 0) for (const line of kept) write(line);
  };
}

/** One event a line, exactly as the engine gave it. */
export function ndjsonSink(write: (line: string) => void): EventSink {
  return (event) => write(JSON.stringify(event));
}
