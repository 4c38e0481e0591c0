import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RecordPrune extends BaseCommand<typeof RecordPrune> {
  static override summary = 'Remove finished runs that ended before a date, and archive old parts of the audit log';
  static override description =
    'Open runs stay. The audit log keeps the ids of what was removed. Export the evidence of runs that must be provable later first.';
  static override examples = [
    '<%= config.bin %> record prune --before 2026-01-01 --dry-run',
    '<%= config.bin %> record prune --before 2026-01-01 --archive /srv/archive',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override flags = {
    before: Flags.string({ description: 'ISO date or time', required: true, helpValue: 'TIME' }),
    archive: Flags.string({
      description: 'move sealed audit segments older than that into files of this folder',
      helpValue: 'DIR',
    }),
    'dry-run': Flags.boolean({ description: 'only say what would be removed' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { pruneRecord } = await import('../../src/record/maintenance/prune.ts');
    const { runsDir } = await import('../../src/app/record.ts');
    const { before, archive, 'dry-run': dryRun } = this.flags;
    const result = await pruneRecord(await app.record(), {
      before,
      runsDir: runsDir(app),
      dryRun,
      ...(archive ? { archiveDir: archive } : {}),
    });
    const runs = dryRun ? `runs to be removed: ${result.runs.length}` : `runs removed: ${result.runs.length}`;
    const said = `${runs}; audit segments archived: ${result.archives.length}`;
    return {
      json: { dryRun, ...result },
      text: [this.say(said), ...(this.globals.verbose || dryRun ? result.runs : [])].join('\n'),
    };
  }
}
