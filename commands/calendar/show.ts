import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class CalendarShow extends BaseCommand<typeof CalendarShow> {
  static override summary = 'Show the working days of a month';
  static override description =
    'One line for each day that is not as its day of the week has it, with --verbose for every day. Exit 3 when nobody has announced some of them.';
  static override examples = [
    '<%= config.bin %> calendar show 2026-02',
    '<%= config.bin %> calendar show 2026-10 --verbose --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.incomplete, ExitCode.refused];
  static override args = { month: Args.string({ name: 'MONTH', description: 'such as 2026-02', required: true }) };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { siteCalendar } = await import('../../src/app/calendar.ts');
    const { daysOfMonth, openDecember } = await import('../../src/calendar/month.ts');
    const { month } = this.args;
    const calendar = await siteCalendar(app);
    const days = daysOfMonth(calendar, month);
    const open = openDecember(calendar, month);
    if (open !== undefined) this.warn(open);
    const count = (working: boolean | null) => days.filter((day) => day.working === working).length;
    const word = (working: boolean | null) => (working === null ? 'unknown' : working ? 'working day' : 'day off');
    const shown = days.filter(({ working, moved }) => this.globals.verbose || moved || working === null);
    const columns = [{ title: 'DATE', whole: true }, { title: 'DAY' }, { title: 'WORKING' }];
    const rows = shown.map(({ date, weekDay, working }) => [date, this.say(weekDay), this.say(word(working))]);
    const head = this.say(`${month}: ${count(true)} working days, ${count(false)} days off, ${count(null)} unknown`);
    return {
      exitCode: count(null) > 0 ? ExitCode.incomplete : ExitCode.success,
      json: { calendar: calendar.name, month, workingDays: count(true), days },
      text: rows.length === 0 ? head : `${head}\n\n${this.table(columns, rows)}`,
    };
  }
}
