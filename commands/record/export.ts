import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import { count } from '../../src/core/units.ts';

export default class RecordExport extends BaseCommand<typeof RecordExport> {
  static override summary = 'Write the whole record as lines of JSON';
  static override description =
    'The same lines from SQLite and from PostgreSQL: record restore puts them into either, which moves a record from one to the other.';
  static override examples = [
    '<%= config.bin %> record export record.ndjson',
    '<%= config.bin %> record export - | zstd > record.ndjson.zst',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override args = {
    file: Args.string({ name: 'FILE', description: 'file to make, - for standard output', required: true }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { exportRecord } = await import('../../src/record/maintenance/copy.ts');
    const result = await exportRecord(await app.record(), this.args.file);
    // The lines are on standard output themselves: nothing may follow them there.
    if (this.args.file === '-') return {};
    return { json: result, text: this.say(`written to ${result.path}: ${count(result.rows ?? 0, 'row')}`) };
  }
}
