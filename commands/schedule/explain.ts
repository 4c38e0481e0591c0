import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import { formatDuration } from '../../src/core/units.ts';

export default class ScheduleExplain extends BaseCommand<typeof ScheduleExplain> {
  static override summary = 'Explain the schedule of a runbook: its rule, its last times and its next ones';
  static override description =
    'Says what became of each time, and why a day was moved or left out. Times are in the zone of the schedule.';
  static override examples = [
    '<%= config.bin %> schedule explain backup-daily',
    '<%= config.bin %> schedule explain backup-daily --count 20 --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override args = { name: Args.string({ description: 'name of the runbook', required: true }) };
  static override flags = {
    count: Flags.integer({
      char: 'n',
      description: 'how many past times, and how many next ones',
      default: 5,
      min: 1,
      max: 24,
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { explainSchedule } = await import('../../src/app/schedules/explain.ts');
    const told = await explainSchedule(app, this.args.name, this.flags.count);
    const { years, ...rest } = { years: told.calendarYears, ...told };
    const jitter = `up to ${formatDuration(rest.jitterMs)}; on this machine ${formatDuration(rest.delayMs)}`;
    const head = this.fields([
      ['runbook', told.runbook],
      ['state', this.say(told.enabled ? 'on' : 'off')],
      ['rule', this.say(told.rule)],
      ['time zone', told.timeZone],
      [
        'calendar',
        told.calendar === null
          ? this.say('not asked')
          : `${told.calendar}${years.length > 0 ? ` ${years[0]}..${years.at(-1)}` : ''}`,
      ],
      ['catch-up', told.catchUp],
      ['jitter', told.jitterMs === 0 ? '-' : this.say(jitter)],
      ['deadline', told.deadlineMs === null ? '-' : formatDuration(told.deadlineMs)],
      ['told', told.notify.join(', ') || '-'],
      ['looked after since', told.since === null ? '-' : `${told.since.slice(0, 19)}Z`],
    ]);
    const note = (text: string | null) => (text === null ? '' : this.say(text));
    const past = this.table(
      [{ title: 'PAST', whole: true }, { title: 'RESULT' }, { title: 'WHY', flexible: true }],
      told.past.map(({ local, state, overdue, why, run, note: moved }) => [
        local,
        this.say(overdue ? 'overdue' : state),
        [why === null ? (run ?? '') : this.say(why), note(moved)].filter((text) => text !== '').join('; '),
      ]),
    );
    const next = this.table(
      [
        { title: 'NEXT', whole: true },
        { title: 'WHY', flexible: true },
      ],
      told.next.map(({ local, note: why }) => [local, note(why)]),
    );
    return { json: told, text: [head, '', past, '', next].join('\n') };
  }
}
