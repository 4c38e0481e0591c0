import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class CalendarStatus extends BaseCommand<typeof CalendarStatus> {
  static override summary = 'Show what is known of working days, and how far ahead';
  static override description =
    'The built-in notices of China, those that were imported, and days of the configuration ("calendar.days" and "calendar.workingDays"). Exit 3 when a day of the next 31 is not announced: import the notice of its year.';
  static override examples = ['<%= config.bin %> calendar status', '<%= config.bin %> calendar status --json'];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.incomplete, ExitCode.refused];

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { calendarStatus } = await import('../../src/app/calendar.ts');
    const status = await calendarStatus(app);
    const { calendar, years, imported, days, today, todayIs, unknownFrom } = status;
    const span = years.length === 0 ? 'every year' : stretches(years);
    const lines = [
      this.say(`calendar ${calendar}: ${this.say(span)}`),
      ...(imported.length > 0 ? [this.say(`imported: ${imported.join(', ')}`)] : []),
      ...(days.length > 0 ? [this.say(`days of the configuration: ${days.length}`)] : []),
      this.say(`today, ${today}: ${this.say(todayIs.replace('-', ' '))}`),
      ...(unknownFrom === null
        ? []
        : [this.say(`nobody has announced ${unknownFrom}: import the notice with "oaops calendar import FILE"`)]),
    ];
    return {
      exitCode: unknownFrom === null ? ExitCode.success : ExitCode.incomplete,
      json: status,
      text: lines.join('\n'),
    };
  }
}

/** Each run of years without a gap: a year between two of them is not known. */
function stretches(years: readonly number[]): string {
  const begins = years.filter((year) => !years.includes(year - 1));
  const ends = years.filter((year) => !years.includes(year + 1));
  return begins.map((first, index) => (first === ends[index] ? `${first}` : `${first} to ${ends[index]}`)).join(', ');
}
