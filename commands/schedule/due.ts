import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class ScheduleDue extends BaseCommand<typeof ScheduleDue> {
  static override summary = 'Show what is due or overdue now, since when, and why it has not run';
  static override description =
    'Of the runbooks that are on. "due": its time has come and nothing has run yet. "overdue": its "deadline" has passed and no run has ended well since. "unknown": nobody has said whether a day is worked. Times are those of "timeZone" of the configuration, else of this machine; with --json in UTC. Exit 1 when something is overdue or cannot be loaded, 3 when a day is unknown. Nothing is started.';
  static override examples = ['<%= config.bin %> schedule due', '<%= config.bin %> schedule due --json'];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.incomplete];

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { dueNow } = await import('../../src/app/schedules/due.ts');
    const { shownTimes } = await import('../../src/app/schedules/shown-time.ts');
    const list = await dueNow(app);
    const times = await shownTimes(app);
    const { rows, lastTick } = list;
    const columns = [
      { title: 'RUNBOOK', whole: true },
      { title: 'STATE' },
      { title: 'SINCE', whole: true },
      { title: 'TIMES', align: 'right' as const },
      { title: 'WHY', flexible: true },
    ];
    const table = this.table(
      columns,
      rows.map(({ runbook, state, since, count, why }) => [
        runbook,
        this.say(state),
        since === null ? '-' : times.of(since),
        count === 0 ? '-' : String(count),
        this.say(why),
      ]),
    );
    const notes = [
      ...(rows.some(({ since }) => since !== null) ? [`times are those of ${times.timeZone}`] : []),
      lastTick === null
        ? 'no tick has looked on this machine yet; set it up with "oaops schedule install"'
        : `a tick looked on this machine last at ${lastTick.slice(0, 19)}Z`,
      ...(rows.some(({ state }) => state === 'unknown')
        ? ['import the notice of the year with "oaops calendar import FILE"']
        : []),
    ];
    const bad = rows.some(({ state }) => state === 'overdue' || state === 'broken');
    const unknown = rows.some(({ state }) => state === 'unknown');
    return {
      exitCode: bad ? ExitCode.failed : unknown ? ExitCode.incomplete : ExitCode.success,
      json: list,
      text: [rows.length === 0 ? this.say('nothing is due') : table, ...notes.map((note) => this.say(note))].join('\n'),
    };
  }
}
