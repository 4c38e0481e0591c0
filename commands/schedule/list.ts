import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class ScheduleList extends BaseCommand<typeof ScheduleList> {
  static override summary = 'List the schedules of runbooks: which are on, when they ran last and come next';
  static override description =
    'A schedule is on when "schedules" in the configuration names its runbook; then "oaops tick" starts it. Times are those of "timeZone" of the configuration, else of this machine; with --json in UTC. RESULT is what became of the newest time that has passed. "unknown" as the next time: nobody has said whether a day before it is worked.';
  static override examples = ['<%= config.bin %> schedule list', '<%= config.bin %> schedule list --json'];
  static override exitCodes = [ExitCode.success, ExitCode.usage];

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { listSchedules } = await import('../../src/app/schedules/list.ts');
    const { shownTimes } = await import('../../src/app/schedules/shown-time.ts');
    const { rows, warnings } = await listSchedules(app);
    for (const warning of warnings) this.warn(warning);
    const columns = [
      { title: 'RUNBOOK', whole: true },
      { title: 'WHEN', flexible: true },
      { title: 'STATE' },
      { title: 'RESULT' },
      { title: 'LAST', whole: true },
      { title: 'NEXT', whole: true },
    ];
    const times = await shownTimes(app);
    const short = (time: string | null) => (time === null ? '-' : times.of(time).slice(5));
    const table = this.table(
      columns,
      rows.map(({ runbook, when, timeZone, state, last, outcome, result, overdue, next, unknownFrom }) => [
        runbook,
        `${this.say(when)}${timeZone ? ` ${timeZone}` : ''}`,
        this.say(state),
        this.say(overdue ? 'overdue' : (result ?? '-')),
        outcome === 'since' ? '-' : short(last),
        unknownFrom === null ? short(next) : this.say('unknown'),
      ]),
    );
    const unknown = rows.filter(({ unknownFrom, state }) => unknownFrom !== null && state === 'on');
    const notes = unknown.map(({ runbook, unknownFrom }) =>
      this.say(
        `${runbook}: nobody has said whether ${unknownFrom} is a working day; import the notice of the year with "oaops calendar import FILE"`,
      ),
    );
    if (rows.length > 0) notes.push(this.say(`times are those of ${times.timeZone}`));
    return { json: rows, text: [table, ...notes].join('\n') };
  }
}
