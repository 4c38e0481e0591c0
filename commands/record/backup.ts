import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RecordBackup extends BaseCommand<typeof RecordBackup> {
  static override summary = 'Copy the record to a file while others go on working';
  static override description =
    'SQLite: a database file made by the online backup. PostgreSQL: lines of JSON, as record export writes them; pg_dump does as well.';
  static override examples = ['<%= config.bin %> record backup /srv/backup/oaops-record.db'];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override args = { file: Args.string({ name: 'FILE', description: 'file to make', required: true }) };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { backupRecord } = await import('../../src/record/maintenance/copy.ts');
    const result = await backupRecord(await app.record(), this.args.file);
    return { json: result, text: this.say(`the record was copied to ${result.path}`) };
  }
}
