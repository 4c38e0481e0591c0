import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class AuditList extends BaseCommand<typeof AuditList> {
  static override summary = 'List rows of the audit log, the latest last';
  static override examples = [
    '<%= config.bin %> audit list',
    '<%= config.bin %> audit list --from 1 --limit 200 --json',
    '<%= config.bin %> audit list --action lock.broken',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override flags = {
    from: Flags.integer({ description: 'first row; default: as many from the end as --limit says', min: 1 }),
    limit: Flags.integer({ description: 'at most so many rows', default: 50, min: 1 }),
    action: Flags.string({ description: 'only this action, such as run.status', helpValue: 'NAME' }),
    subject: Flags.string({ description: 'only this subject, such as the id of a run', helpValue: 'NAME' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { selectRows } = await import('../../src/record/audit/select.ts');
    const { from, limit, action, subject } = this.flags;
    const rows = await selectRows((await app.record()).database, {
      limit,
      ...(from === undefined ? {} : { from }),
      ...(action === undefined ? {} : { action }),
      ...(subject === undefined ? {} : { subject }),
    });
    const columns = [
      { title: 'ROW', align: 'right' as const },
      { title: 'TIME', whole: true },
      { title: 'ACTOR', flexible: true },
      { title: 'ACTION', whole: true },
      { title: 'SUBJECT', whole: true },
    ];
    return {
      json: rows,
      text: this.table(
        columns,
        rows.map((row) => [String(row.seq), row.at, row.actor, row.action, row.subject]),
      ),
    };
  }
}
