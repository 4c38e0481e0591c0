import { openApp } from '../src/app.ts';
import { BaseCommand, type CommandResult } from '../src/cli/base-command.ts';
import { isoTime } from '../src/core/clock.ts';
import type { TickEnded } from '../src/core/events.ts';
import { ExitCode } from '../src/core/exit-codes.ts';

export default class Tick extends BaseCommand<typeof Tick> {
  static override summary = 'Go on with waiting runs whose time has come';
  static override description =
    `For cron or a systemd timer, every minute or so. Runs that are under way elsewhere are left alone. Ends with the code of the first run that did not end well; a run that still waits is no failure.`;
  static override examples = ['<%= config.bin %> tick', '* * * * * <%= config.bin %> tick -q'];
  static override exitCodes = Object.values(ExitCode);

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { withEngine } = await import('../src/app/run-command.ts');
    const ticked = await withEngine(app, { renderer: () => this.renderer(app, true) }, (engine, signals) =>
      engine.tick(signals),
    );
    const bad = ticked.ran.find(({ exitCode }) => exitCode !== ExitCode.success && exitCode !== ExitCode.waiting);
    const trouble = ticked.failed.length > 0 || ticked.interrupted.length > 0;
    if (this.globals.json) {
      // After the events of the runs, one line like them.
      const failed = ticked.failed.map(({ run, error: { code, message } }) => ({ run, code, message }));
      const ended: TickEnded = { event: 'tick.ended', time: isoTime(app.clock.nowMs()), ...ticked, failed };
      process.stdout.write(`${JSON.stringify(ended)}\n`);
    }
    const lines = [
      ...ticked.failed.map(({ run, error }) => `run ${run} cannot go on: ${error.message}`),
      ...ticked.held.map((run) => `run ${run} is under way elsewhere`),
      ...ticked.interrupted.map((run) => `run ${run} was interrupted; go on with "oaops runs resume ${run}"`),
      ...(ticked.ran.length === 0 && !this.globals.quiet ? ['nothing is due'] : []),
    ];
    // Nobody else would say that a run lies there: cron mails what is on standard error.
    if (this.globals.quiet && trouble && !this.globals.json) process.stderr.write(`${this.say(lines.join('\n'))}\n`);
    return {
      exitCode: ticked.failed[0]?.error.exitCode ?? bad?.exitCode ?? ExitCode.success,
      text: this.say(lines.join('\n')),
    };
  }
}
