import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class ScheduleList extends BaseCommand<typeof ScheduleList> {
  static override summary = 'List the schedules of runbooks: which are on, when they ran last and come next';
  static override description =
    'A schedule is on when "schedules" in the configuration names its runbook; then "oaops tick" starts it. Times are in UTC.';
  static override examples = ['<%= config.bin %> schedule list', '<%= config.bin %> schedule list --json'];
  static override exitCodes = [ExitCode.success, ExitCode.usage];

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { listSchedules } = await import('../../src/app/schedules.ts');
    const { rows, warnings } = await listSchedules(app);
    for (const warning of warnings) this.warn(warning);
    const columns = [
      { title: 'RUNBOOK', whole: true },
      { title: 'WHEN', flexible: true },
      { title: 'STATE' },
      { title: 'LAST', whole: true },
      { title: 'NEXT', whole: true },
    ];
    const short = (time: string | null) => time?.slice(0, 16).replace('T', ' ') ?? '-';
    return {
      json: rows,
      text: this.table(
        columns,
        rows.map(({ runbook, when, timeZone, state, last, outcome, next }) => [
          runbook,
          `${when}${timeZone ? ` ${timeZone}` : ''}`,
          this.say(state),
          outcome === 'since' ? '-' : short(last),
          short(next),
        ]),
      ),
    };
  }
}
