import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class AuditExport extends BaseCommand<typeof AuditExport> {
  static override summary = 'Write the audit log as lines of JSON to standard output';
  static override description = 'One row a line, with the hashes that chain them; for log collectors and auditors.';
  static override examples = [
    '<%= config.bin %> audit export > audit.ndjson',
    '<%= config.bin %> audit export --from 1001 --to 2000',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override flags = {
    from: Flags.integer({ description: 'first row', default: 1, min: 1 }),
    to: Flags.integer({ description: 'last row; default: the end', min: 1 }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { writeRows } = await import('../../src/record/audit/select.ts');
    await writeRows((await app.record()).audit, process.stdout, this.flags.from, this.flags.to);
    return {};
  }
}
