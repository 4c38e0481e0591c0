import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class CalendarLastWorkingDay extends BaseCommand<typeof CalendarLastWorkingDay> {
  static override summary = 'Print the last working day of a month';
  static override examples = ['<%= config.bin %> calendar last-working-day 2026-02'];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.refused];
  static override args = { month: Args.string({ name: 'MONTH', description: 'such as 2026-02', required: true }) };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { siteCalendar } = await import('../../src/app/calendar.ts');
    const { lastWorkingDay } = await import('../../src/calendar/month.ts');
    const date = lastWorkingDay(await siteCalendar(app), this.args.month);
    return { json: { month: this.args.month, date }, text: date };
  }
}
