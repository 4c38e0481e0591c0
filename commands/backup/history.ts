import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupHistory extends BaseCommand<typeof BackupHistory> {
  static override summary = 'Show how the backups of the last days went, and the success rate';
  static override description =
    'Counts every backup that the record knows of: by runbooks, whatever became of them, and by hand. Only a complete one is a success; one whose process died and that nobody went on with is interrupted. --by gives the figures of each month or day for reports.';
  static override examples = [
    '<%= config.bin %> backup history',
    '<%= config.bin %> backup history --since 180d --by month --json',
    '<%= config.bin %> backup history --runbook backup-daily --since 2026-01-01',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override flags = {
    since: Flags.string({ description: 'how far back, or a date', default: '30d', helpValue: 'TIME' }),
    runbook: Flags.string({ description: 'only backups of this runbook', helpValue: 'NAME' }),
    by: Flags.string({ description: 'figures for each of these instead of a list', options: ['day', 'month'] }),
    limit: Flags.integer({ description: 'how many are listed', default: 20, min: 1, max: 10_000 }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ historyReport }, report, door] = await Promise.all([
      import('../../src/app/backup-history.ts'),
      import('../../src/backup/history/report.ts'),
      app.backup(),
    ]);
    const { since, runbook, by, limit } = this.flags;
    const words = { since, runbook, by: by as 'day' | 'month' | undefined, timeZone: await door.timeZone() };
    const json = await historyReport(app, words);
    const { columns, rows } = json.periods
      ? report.periodTable(json.periods)
      : report.historyTable(json.backups, limit);
    const parts = [rows.length > 0 ? this.table(columns, rows) : '', this.say(report.summaryText(json))];
    return { json, text: parts.filter((part) => part !== '').join('\n\n') };
  }
}
