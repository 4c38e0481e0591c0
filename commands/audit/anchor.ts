import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class AuditAnchor extends BaseCommand<typeof AuditAnchor> {
  static override summary = 'Take an anchor of the audit log: the present end of the chain, signed when there is a key';
  static override description =
    'Keep anchors where nobody who can write the record can write: another machine, write-once storage, a log collector.';
  static override examples = [
    '<%= config.bin %> audit anchor --out /mnt/worm/oaops.anchors',
    '<%= config.bin %> audit anchor | logger -t oaops',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override flags = {
    out: Flags.string({ multiple: true, description: 'append it to this file; may be repeated', helpValue: 'FILE' }),
    key: Flags.string({
      description: 'SSH key that signs it; default: signing.key of the configuration',
      helpValue: 'FILE',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { appendAnchor, takeAnchor } = await import('../../src/record/audit/anchors.ts');
    const { signingKey } = await import('../../src/app/record.ts');
    const anchor = await takeAnchor((await app.record()).audit, await signingKey(app, this.flags.key));
    for (const file of this.flags.out ?? []) appendAnchor(file, anchor);
    return { json: anchor, text: JSON.stringify(anchor) };
  }
}
