import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class ScheduleNext extends BaseCommand<typeof ScheduleNext> {
  static override summary = 'Show what "oaops tick" starts next, and when';
  static override description =
    'Days that nobody has announced stand at the end, as "unknown": whether a runbook is due on them, or later, is not guessed. Times are those of "timeZone" of the configuration, else of this machine; with --json in UTC.';
  static override examples = ['<%= config.bin %> schedule next', '<%= config.bin %> schedule next --count 20 --json'];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override flags = {
    count: Flags.integer({ char: 'n', description: 'how many times', default: 10, min: 1, max: 1000 }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { nextTimes } = await import('../../src/app/schedules/list.ts');
    const { shownTimes } = await import('../../src/app/schedules/shown-time.ts');
    const { times, warnings } = await nextTimes(app, this.flags.count);
    const shown = await shownTimes(app);
    for (const warning of warnings) this.warn(warning);
    const columns = [
      { title: 'TIME', whole: true },
      { title: 'RUNBOOK', whole: true },
    ];
    const table = this.table(
      columns,
      times.map(({ time, runbook }) => [time === null ? this.say('unknown') : shown.of(time), runbook]),
    );
    const notes = times.flatMap(({ runbook, unknown }) =>
      unknown === null
        ? []
        : [
            this.say(
              `${runbook}: nobody has said whether ${unknown} is a working day; import the notice of the year with "oaops calendar import FILE"`,
            ),
          ],
    );
    if (times.length > 0) notes.push(this.say(`times are those of ${shown.timeZone}`));
    return { json: times, text: [table, ...notes].join('\n') };
  }
}
