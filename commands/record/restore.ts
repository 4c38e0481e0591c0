import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RecordRestore extends BaseCommand<typeof RecordRestore> {
  static override summary = 'Put a copy of the record back';
  static override description =
    'Verifies the audit chain of the copy afterwards. A record that holds anything is replaced only with --confirm record; on SQLite the old file is kept beside the new one.';
  static override examples = ['<%= config.bin %> record restore oaops-record.db --confirm record'];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.usage,
    ExitCode.refused,
    ExitCode.verificationFailed,
    ExitCode.lockHeld,
  ];
  static override args = {
    file: Args.string({ name: 'FILE', description: 'file of record backup or record export', required: true }),
  };
  static override flags = {
    confirm: Flags.option({ description: 'replace what the record holds now', options: ['record'] as const })(),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { restoreRecord } = await import('../../src/record/maintenance/restore.ts');
    const { recordOptions } = await import('../../src/app/record.ts');
    const result = await restoreRecord(await recordOptions(app), this.args.file, this.flags.confirm === 'record');
    const kept = result.replaced ? `\nthe record before is kept as ${result.replaced}` : '';
    return {
      exitCode: result.verdict.state === 'altered' ? ExitCode.verificationFailed : ExitCode.success,
      json: result,
      text: this.say(`the record at ${result.place} was restored: ${result.verdict.message}${kept}`),
    };
  }
}
