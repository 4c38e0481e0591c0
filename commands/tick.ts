import { openApp } from '../src/app.ts';
import { BaseCommand, type CommandResult } from '../src/cli/base-command.ts';
import { isoTime } from '../src/core/clock.ts';
import type { TickEnded } from '../src/core/events.ts';
import { ExitCode } from '../src/core/exit-codes.ts';

export default class Tick extends BaseCommand<typeof Tick> {
  static override summary = 'Go on with waiting runs whose time has come, and start runbooks that are due';
  static override description =
    `For cron or a systemd timer, every minute or so. Starts the runbooks that "schedules" in the configuration names, when the schedule in them says so; a missed time is caught up as it says there, and no time is run twice. Runs that are under way elsewhere are left alone. Ends with the code of the first run that did not end well; a run that still waits is no failure.`;
  static override examples = ['<%= config.bin %> tick', '* * * * * <%= config.bin %> tick -q'];
  static override exitCodes = Object.values(ExitCode);

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ withEngine }, { startDue }] = await Promise.all([
      import('../src/app/run-command.ts'),
      import('../src/app/schedules.ts'),
    ]);
    const show = { renderer: () => this.renderer(app, true) };
    const [ticked, due] = await withEngine(
      app,
      show,
      async (engine, signals) => [await engine.tick(signals), await startDue(app, engine, signals)] as const,
    );
    const ended = [...ticked.ran, ...due.started];
    const bad = ended.find(({ exitCode }) => exitCode !== ExitCode.success && exitCode !== ExitCode.waiting);
    const trouble = ticked.failed.length + ticked.interrupted.length + due.notStarted.length > 0;
    const coded = ({ code, message }: { code: string; message: string }) => ({ code, message });
    if (this.globals.json) {
      // After the events of the runs, one line like them.
      const failed = ticked.failed.map(({ run, error }) => ({ run, ...coded(error) }));
      const notStarted = due.notStarted.map(({ error, ...slot }) => ({ ...slot, ...coded(error) }));
      const time = isoTime(app.clock.nowMs());
      const line: TickEnded = { event: 'tick.ended', time, ...ticked, failed, ...due, notStarted };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
    const lines = [
      ...ticked.failed.map(({ run, error }) => `run ${run} cannot go on: ${error.message}`),
      ...ticked.held.map((run) => `run ${run} is under way elsewhere`),
      ...ticked.interrupted.map((run) => `run ${run} was interrupted; go on with "oaops runs resume ${run}"`),
      ...due.notStarted.map(({ runbook, error }) => `runbook ${runbook} could not be started: ${error.message}`),
      ...due.busy.map((runbook) => `runbook ${runbook} is due, and waits for its last run to end`),
      ...(ended.length === 0 && !this.globals.quiet ? ['nothing is due'] : []),
    ];
    // Nobody else would say that a run lies there: cron mails what is on standard error.
    if (this.globals.quiet && trouble && !this.globals.json) process.stderr.write(`${this.say(lines.join('\n'))}\n`);
    const failed = ticked.failed[0] ?? due.notStarted[0];
    return {
      exitCode: failed?.error.exitCode ?? bad?.exitCode ?? ExitCode.success,
      text: this.say(lines.join('\n')),
    };
  }
}
