import { Flags } from '@oclif/core';
import { openApp } from '../src/app.ts';
import { BaseCommand, type CommandResult } from '../src/cli/base-command.ts';
import { ExitCode } from '../src/core/exit-codes.ts';

export default class Tick extends BaseCommand<typeof Tick> {
  static override summary = 'Go on with waiting runs whose time has come, and start runbooks that are due';
  static override description =
    `For cron or a systemd timer, every minute or so ("oaops schedule install" sets it up). Starts the runbooks that "schedules" in the configuration names, when the schedule in them says so; a missed time is caught up as it says there, and no time is run twice. What is past its deadline is told once. Runs that are under way elsewhere are left alone. Ends with the code of the first run that did not end well; a run that still waits is no failure.`;
  static override examples = ['<%= config.bin %> tick', '* * * * * <%= config.bin %> tick -q'];
  static override exitCodes = Object.values(ExitCode);
  static override flags = {
    stay: Flags.boolean({
      description: 'while something is under way, look again every minute (for a timer that starts no second tick)',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { runTick, tickEnded, tickLines } = await import('../src/app/schedules/tick.ts');
    const { stay } = this.flags;
    const report = await runTick(app, { renderer: () => this.renderer(app, true) }, { stay });
    const { json, quiet } = this.globals;
    if (json) process.stdout.write(`${JSON.stringify(tickEnded(app, report))}\n`);
    const { lines, warnings, trouble } = await tickLines(app, report, quiet);
    for (const warning of warnings) this.warn(warning);
    // Nobody else would say that a run lies there: cron mails what is on standard error.
    if (quiet && trouble && !json) process.stderr.write(`${this.say(lines.join('\n'))}\n`);
    return { exitCode: report.exitCode, text: this.say(lines.join('\n')) };
  }
}
