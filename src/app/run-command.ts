import type { App } from '../app.ts';
import type { Prompts } from '../cli/prompts.ts';
import { wrapLines } from '../cli/render/width.ts';
import { type Language, sayLines, text } from '../cli/texts/texts.ts';
import { OaopsError, usageError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { plainLines } from '../core/plain-text.ts';
import { type Requester, refuseUnapprovable } from '../engine/people/approvals.ts';
import { planEffect } from '../engine/plan/plan.ts';
import { refuseUnconfirmed } from '../engine/plan/plan-check.ts';
import { planText } from '../engine/plan/plan-text.ts';
import type { Plan } from '../engine/plan/plan-types.ts';
import type { RunEnd } from '../engine/run/outcome.ts';
import type { Engine } from '../engine/service.ts';
import type { Unattended } from './accounts/plan.ts';
import { warnOnStderr } from './ad-hoc.ts';
import { askAtTerminal } from './ask.ts';
import { type StopSignals, stopSignals } from './signals.ts';

export interface PreparedPlan {
  plan: Plan;
  requester: Requester;
  text(lang: string): string;
}

/** How a command shows a run and whom it can ask. */
export interface RunShow {
  renderer: () => Promise<{ sink: EventSink }>;
  /** Pauses between samples of a gate are waited for, instead of leaving them to "oaops tick". */
  follow?: boolean;
  /** Absent without a terminal: then nothing asks. */
  prompts?: (signal: AbortSignal) => Prompts;
}

/** The plan of `oaops run`: made from files, or read from `--plan` and checked against them. */
export async function preparePlan(
  app: App,
  given: {
    runbook?: string | undefined;
    inputs: string[];
    inputsFile?: string | undefined;
    limit?: string[] | undefined;
    planFile?: string | undefined;
    unattended?: Unattended | undefined;
  },
): Promise<PreparedPlan> {
  const runs = await app.runs();
  const { runbook, inputs, inputsFile, limit, unattended } = given;
  if (given.planFile === undefined && runbook === undefined) {
    throw usageError('runbook-missing', 'neither a runbook nor a plan is given', {
      next: 'Name a runbook of "oaops runbook list", a file, or --plan FILE.',
    });
  }
  const { plan, requester } =
    given.planFile === undefined
      ? {
          plan: await runs.plan({ runbook: runbook!, inputs, inputsFile, limit, unattended }),
          requester: { name: runs.actor },
        }
      : await runs.storedPlan(given.planFile, {
          ...(runbook === undefined ? {} : { runbook }),
          inputs,
          ...(limit ? { limit } : {}),
        });
  const warn = warnOnStderr(app);
  for (const warning of runs.warnings) warn(warning);
  return { plan, requester, text: saidPlan(plan) };
}

/** The text of a plan by the language: what users wrote in it stays. */
export function saidPlan(plan: Plan): (lang: string) => string {
  return (lang) => planText(plan, lang, (english) => sayLines(lang, english));
}

/** Whether a plan is run without anybody having looked at it, by the flags of a command. */
export function unattendedBy(
  flags: { 'dry-run': boolean; yes: boolean; confirm?: string | undefined },
  { prompts }: Pick<RunShow, 'prompts'>,
): { unattended?: Unattended } {
  if (flags['dry-run'] || (prompts !== undefined && !flags.yes)) return {};
  return { unattended: { confirmed: flags.confirm !== undefined } };
}

/** Asks what must be asked, then runs the plan. @throws OaopsError `allowed-signers-missing`, `confirmation-needed`, `declined` (exit 4) */
export async function startRun(
  app: App,
  { plan, requester }: PreparedPlan,
  show: RunShow & { lang: Language; confirm?: string | undefined; askBefore?: boolean; beside?: string | undefined },
): Promise<RunEnd> {
  refuseUnapprovable(plan);
  refuseUnconfirmed(plan, show.confirm);
  if (show.prompts && show.askBefore && planEffect(plan) !== 'read') {
    // Inputs are texts of others: what they hold must not paint over the plan that is being agreed to.
    const shown = plainLines(saidPlan(plan)(show.lang));
    process.stdout.write(wrapLines(shown, process.stdout.columns ?? 80));
    const { name: runbook, version } = plan.runbook;
    await agree(show.prompts, text(show.lang, 'prompt.run', { runbook, version }));
  }
  const beside = show.beside === undefined ? {} : { beside: show.beside };
  return withEngine(app, show, (engine, { stop, kill }) => engine.start(plan, requester, { stop, kill, ...beside }));
}

/** Asks before changes. @throws OaopsError `declined` (exit 4), `interrupted` */
export async function agree(prompts: NonNullable<RunShow['prompts']>, question: string): Promise<void> {
  const agreed = await prompts(new AbortController().signal)
    .confirm(question)
    .catch((error: unknown) => {
      if (!(error instanceof OaopsError) || error.code !== 'interrupted') throw error;
      throw new OaopsError('interrupted', 'stopped at the question; nothing was done', {
        exitCode: error.exitCode,
        next: 'Run the command again to be asked again; --dry-run only shows the plan, --yes does not ask.',
        cause: error,
      });
    });
  if (!agreed) throw new OaopsError('declined', 'nothing was done', { exitCode: ExitCode.refused });
}

/** Runs something on the engine with rendering, questions and signals wired. */
export async function withEngine<T>(
  app: App,
  show: RunShow,
  work: (engine: Engine, signals: StopSignals) => Promise<T>,
): Promise<T> {
  const runs = await app.runs();
  using signals = stopSignals();
  const { sink } = await show.renderer();
  const prompts = show.prompts?.(signals.stop);
  const ask = prompts
    ? askAtTerminal({
        prompts,
        by: runs.actor,
        clock: app.clock,
        stop: signals.stop,
        interrupt: signals.interrupt,
      })
    : undefined;
  const { RunWatch } = await import('./run-watch.ts');
  const watch = new RunWatch(app, sink);
  try {
    // Awaited here: the signals must be ours until the work has ended.
    const view = { sink: watch.sink, ask, password: prompts?.password, follow: show.follow };
    return await work(await runs.engine(view), signals);
  } finally {
    await watch.finish();
  }
}
