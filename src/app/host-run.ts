import type { App } from '../app.ts';
import { type HostResult, hostGroupsText } from '../cli/render/host-groups.ts';
import { type Language, say, text } from '../cli/texts/texts.ts';
import type { EventSink, RunEvent } from '../core/events.ts';
import { oneLine } from '../core/plain-text.ts';
import { hostRunName } from '../engine/plan/ad-hoc.ts';
import type { Inventory, Target } from '../engine/ports.ts';
import type { RunEnd } from '../engine/run/outcome.ts';
import { warnOnStderr } from './ad-hoc.ts';
import { adHocText, literal, refuseBrokenWords } from './ad-hoc-runbook.ts';
import { agree, type PreparedPlan, type RunShow, saidPlan, startRun } from './run-command.ts';

/** One command for many hosts. */
export interface HostCommand {
  argv: readonly string[];
  /** The first word is a script for /bin/sh, the others are its $1 ... */
  shell: boolean;
  /** Through sudo to root where the inventory has no way of its own. */
  become: boolean;
  parallel: number;
  timeoutMs: number | undefined;
}

/** Characters of each output that are shown; what is kept of the rest stands in the run. */
const shownChars = 256 * 1024;

/** A runbook of one step, made on the spot, and its plan: the command on each target. @throws OaopsError `argument-not-utf8` */
export async function planHostCommand(
  app: App,
  targets: readonly Target[],
  sources: Inventory['sources'],
  command: HostCommand,
): Promise<PreparedPlan> {
  refuseBrokenWords(command.argv);
  const sudo = { method: 'sudo', user: 'root' } as const;
  // Only what the run needs of the inventory: it is stored with the plan.
  const hosts = targets.map((target) => (command.become ? { become: sudo, ...target } : target));
  const runs = await app.runs();
  const plan = await runs.adHocPlan(hostRunName, runbookText(targets, command), { sources, hosts });
  return { plan, requester: { name: runs.actor }, text: saidPlan(plan) };
}

/** Asks once where somebody can be asked, runs the plan, and gives what each host said. */
export async function runHostCommand(
  app: App,
  prepared: PreparedPlan,
  show: RunShow & { lang: Language; askBefore: boolean; onEnd?: (done: number) => void },
): Promise<{ end: RunEnd; results: HostResult[] }> {
  const step = prepared.plan.steps[0]!;
  if (show.prompts && show.askBefore) {
    const names = step.targets.map(oneLine);
    const hosts = names.length > 6 ? `${names.slice(0, 5).join(', ')}, ...` : names.join(', ');
    const command = oneLine(summaryOf(prepared));
    await agree(show.prompts, text(show.lang, 'prompt.host-run', { command, count: names.length, hosts }));
  }
  const told = new Told(step.targets, show.onEnd);
  const renderer = async () => {
    const { sink } = await show.renderer();
    return { sink: told.before(sink) };
  };
  const end = await startRun(app, prepared, {
    lang: show.lang,
    renderer,
    ...(show.prompts ? { prompts: show.prompts } : {}),
  });
  return { end, results: told.results() };
}

/** For people: hosts that said the same together, then the run. */
export function hostRunText(lang: Language, { end, results }: { end: RunEnd; results: HostResult[] }): string {
  const counts = new Map<string, number>();
  for (const { status } of results) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${text(lang, `status.${status}` as 'status.ok')}`);
  const lines = [hostGroupsText(lang, results), '', `${end.run}: ${parts.join(', ')}`];
  // What the hosts did not tell: stopped, aborted, lost from sight.
  if (!['ok', 'incomplete', 'failed'].includes(end.status)) {
    if (end.message) lines.push(say(lang, end.message));
    if (end.next) lines.push(say(lang, end.next));
  }
  return lines.join('\n');
}

/** Where events of the run go that has no display: warnings to stderr, the rest is told at its end. */
export function warningsOnly(app: App): EventSink {
  const warn = warnOnStderr(app);
  return (event) => {
    if (event.event === 'run.warning') warn(event.message);
  };
}

function summaryOf({ plan }: PreparedPlan): string {
  const { units } = plan.steps[0]!;
  return Array.isArray(units) ? (units[0]?.summary ?? '') : '';
}

/** Gathers what the units of the one step say. */
class Told {
  readonly #results: Map<string, HostResult>;
  readonly #onEnd: ((done: number) => void) | undefined;
  #done = 0;

  constructor(targets: readonly string[], onEnd: ((done: number) => void) | undefined) {
    this.#results = new Map(
      targets.map((name) => [name, { name, status: 'not-started', stdout: '', stderr: '', leftOut: 0 }]),
    );
    this.#onEnd = onEnd;
  }

  before(sink: EventSink): EventSink {
    return (event) => {
      this.#gather(event);
      sink(event);
    };
  }

  results(): HostResult[] {
    return [...this.#results.values()];
  }

  #gather(event: RunEvent): void {
    if (event.event === 'unit.output') {
      const result = this.#results.get(event.unit);
      if (!result) return;
      const room = Math.max(0, shownChars - result[event.stream].length);
      result[event.stream] += event.text.slice(0, room);
      result.leftOut += Math.max(0, event.text.length - room);
    } else if (event.event === 'unit.ended' && event.step === 'run') {
      const result = this.#results.get(event.unit);
      if (!result) return;
      result.status = event.status;
      result.message = event.message;
      result.next = event.next;
      this.#onEnd?.(++this.#done);
    }
  }
}

function runbookText(targets: readonly Target[], command: HostCommand): string {
  const runbook = {
    apiVersion: 'oaops/v1',
    kind: 'Procedure',
    metadata: {
      name: 'host-run',
      version: '1.0.0',
      title: { en: 'A command on hosts', 'zh-CN': '在主机上执行命令' },
      owner: 'oaops',
    },
    spec: {
      steps: [
        {
          id: 'run',
          name: { en: 'Run the command', 'zh-CN': '执行命令' },
          uses: 'exec',
          targets: targets.map(({ name }) => name),
          parallel: command.parallel,
          ...(command.timeoutMs === undefined ? {} : { timeout: `${command.timeoutMs}ms` }),
          with: { argv: command.argv.map(literal), ...(command.shell ? { shell: true } : {}) },
          outputs: { exitCode: 'result.exitCode' },
          // One host that fails keeps no other from being tried; it makes the run incomplete (exit 3).
          onFailure: 'continue',
        },
        {
          id: 'any',
          name: { en: 'Some host did it', 'zh-CN': '至少一台主机成功' },
          uses: 'assert',
          with: {
            that: '${{ size(steps.run.outputs.exitCode) > 0 }}',
            message: { en: 'every host failed', 'zh-CN': '所有主机都失败了' },
          },
        },
      ],
    },
  };
  return adHocText(runbook);
}
