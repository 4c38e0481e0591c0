import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class CalendarIsWorkingDay extends BaseCommand<typeof CalendarIsWorkingDay> {
  static override summary = 'Tell whether a day is worked';
  static override description =
    'Exit 0 when it is, 1 when it is not, 4 when nobody has announced it: for scripts that run on working days only.';
  static override examples = [
    '<%= config.bin %> calendar is-working-day',
    '<%= config.bin %> calendar is-working-day 2026-02-28 --quiet && ./morning-check.sh',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.refused];
  static override args = { date: Args.string({ name: 'DATE', description: 'such as 2026-02-28; default today' }) };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { siteCalendar, siteToday } = await import('../../src/app/calendar.ts');
    const { isWorkingDay, openDecember } = await import('../../src/calendar/month.ts');
    const date = this.args.date ?? (await siteToday(app));
    const calendar = await siteCalendar(app);
    const working = isWorkingDay(calendar, date);
    const open = openDecember(calendar, date);
    // A script that only asks for the exit code would mail this each day of December.
    if (open !== undefined && !this.globals.quiet) this.warn(open);
    return {
      exitCode: working ? ExitCode.success : ExitCode.failed,
      json: { date, working },
      text: this.say(working ? 'yes' : 'no'),
    };
  }
}
