import type { App } from '../../app.ts';
import { isoTime } from '../../core/clock.ts';
import type { TickEnded } from '../../core/events.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { TickResult } from '../../engine/tick.ts';
import { type RunShow, withEngine } from '../run-command.ts';
import { noteTick } from './due.ts';
import { type OverdueSlot, tellOverdue } from './overdue.ts';
import { type DueResult, startDue } from './run-due.ts';
import { isFirstToday } from './unknown.ts';

export interface TickReport extends TickResult, DueResult {
  /** Past their deadline, found by this tick first. */
  overdue: OverdueSlot[];
  unsent: string[];
  exitCode: ExitCode;
}

const lookAgainMs = 60_000;

/**
 * Tells what is overdue, goes on with waiting runs whose time has come, and starts what is due. `stay`: while something that was started is under way,
 * looks again every minute, for a timer that starts no second tick beside the first.
 */
export async function runTick(app: App, show: RunShow, { stay }: { stay: boolean }): Promise<TickReport> {
  const looks: Look[] = [];
  await withEngine(app, show, async (engine, signals) => {
    const pending = new Set<Promise<unknown>>();
    const failures: unknown[] = [];
    const begin = (work: Promise<unknown>) => {
      const one = work.catch((error: unknown) => failures.push(error)).finally(() => pending.delete(one));
      pending.add(one);
    };
    const look = () =>
      begin(
        (async () => {
          const overdue = await tellOverdue(app);
          const ticked = await engine.tick(signals);
          const due = await startDue(app, engine, signals);
          looks.push({ ticked, due, overdue });
          noteTick(app);
        })(),
      );
    look();
    while (stay && pending.size > 0 && !signals.stop.aborted && failures.length === 0) {
      const rest = new AbortController();
      const minute = app.clock.sleep(lookAgainMs, AbortSignal.any([rest.signal, signals.stop])).catch(() => undefined);
      await Promise.race([Promise.all(pending), minute]);
      rest.abort();
      if (pending.size > 0 && !signals.stop.aborted) look();
    }
    // All are waited for, even when one throws: the record must not be closed under the others.
    while (pending.size > 0) await Promise.all(pending);
    if (failures.length > 0) throw failures[0];
  });
  return joined(looks);
}

interface Look {
  ticked: TickResult;
  due: DueResult;
  overdue: Awaited<ReturnType<typeof tellOverdue>>;
}

function joined(looks: readonly Look[]): TickReport {
  const all = <T>(of: (look: Look) => readonly T[]): T[] => looks.flatMap(of);
  const once = (of: (look: Look) => readonly string[]) => [...new Set(all(of))];
  const unknown = new Map(all(({ due }) => due.unknown).map((one) => [one.runbook, one]));
  const report = {
    ran: all(({ ticked }) => ticked.ran),
    held: once(({ ticked }) => ticked.held),
    interrupted: once(({ ticked }) => ticked.interrupted),
    failed: all(({ ticked }) => ticked.failed),
    started: all(({ due }) => due.started),
    busy: once(({ due }) => due.busy),
    notStarted: all(({ due }) => due.notStarted),
    unknown: [...unknown.values()],
    overdue: all(({ overdue }) => overdue.found),
    unsent: once(({ overdue }) => overdue.unsent),
  };
  const ended = [...report.ran, ...report.started];
  const bad = ended.find(({ exitCode }) => exitCode !== ExitCode.success && exitCode !== ExitCode.waiting);
  const failed = report.failed[0] ?? report.notStarted[0];
  return { ...report, exitCode: failed?.error.exitCode ?? bad?.exitCode ?? ExitCode.success };
}

/** After the events of the runs, one line like them. */
export function tickEnded(app: App, { exitCode: _, unsent: __, ...report }: TickReport): TickEnded {
  const coded = ({ code, message }: { code: string; message: string }) => ({ code, message });
  return {
    event: 'tick.ended',
    time: isoTime(app.clock.nowMs()),
    ...report,
    failed: report.failed.map(({ run, error }) => ({ run, ...coded(error) })),
    notStarted: report.notStarted.map(({ error, ...slot }) => ({ ...slot, ...coded(error) })),
  };
}

/** What a person has to know; warnings are also for cron to mail, though nothing may have failed. */
export async function tickLines(
  app: App,
  report: TickReport,
  quiet: boolean,
): Promise<{ lines: string[]; warnings: string[]; trouble: boolean }> {
  const warnings = [
    ...report.overdue.map(({ runbook, slot, why }) => `runbook ${runbook} is overdue since ${slot}: ${why}`),
    ...report.unsent,
  ];
  for (const { runbook, date } of report.unknown) {
    if (!quiet || (await isFirstToday(app, runbook)))
      warnings.push(
        `nobody has said whether ${date} is a working day, so whether ${runbook} is due then is unknown; import the notice of the year with "oaops calendar import FILE"`,
      );
  }
  const lines = [
    ...report.failed.map(({ run, error }) => `run ${run} cannot go on: ${error.message}`),
    ...report.held.map((run) => `run ${run} is under way elsewhere`),
    ...report.interrupted.map((run) => `run ${run} was interrupted; go on with "oaops runs resume ${run}"`),
    ...report.notStarted.map(({ runbook, error }) => `runbook ${runbook} could not be started: ${error.message}`),
    ...report.busy.map((runbook) => `runbook ${runbook} is due, and waits for its last run to end`),
    ...(report.ran.length + report.started.length === 0 && !quiet ? ['nothing is due'] : []),
  ];
  return { lines, warnings, trouble: report.failed.length + report.interrupted.length + report.notStarted.length > 0 };
}
