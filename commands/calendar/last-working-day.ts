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
    const { lastWorkingDay, openDecember } = await import('../../src/calendar/month.ts');
    const { month } = this.args;
    const calendar = await siteCalendar(app);
    const date = lastWorkingDay(calendar, month);
    const open = openDecember(calendar, month);
    if (open !== undefined) this.warn(open);
    return { json: { month, date }, text: date };
  }
}
