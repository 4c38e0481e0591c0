import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class ScheduleNext extends BaseCommand<typeof ScheduleNext> {
  static override summary = 'Show what "oaops tick" starts next, and when';
  static override examples = ['<%= config.bin %> schedule next', '<%= config.bin %> schedule next --count 20 --json'];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override flags = {
    count: Flags.integer({ char: 'n', description: 'how many times', default: 10, min: 1, max: 1000 }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { nextTimes } = await import('../../src/app/schedules.ts');
    const times = await nextTimes(app, this.flags.count);
    const columns = [
      { title: 'TIME (UTC)', whole: true },
      { title: 'RUNBOOK', whole: true },
    ];
    return {
      json: times,
      text: this.table(
        columns,
        times.map(({ time, runbook }) => [time.slice(0, 19).replace('T', ' '), runbook]),
      ),
    };
  }
}
