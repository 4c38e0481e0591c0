import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import type { AuditAnchor } from '../../src/record/types.ts';

export default class AuditVerify extends BaseCommand<typeof AuditVerify> {
  static override summary = 'Check the audit chain and everything it describes';
  static override description =
    `Walks every row of the hash chain and compares runs, plans, journals, inputs and facts with it. Only an anchor kept elsewhere
can show that the chain was rewritten as a whole or cut off at its end.`;
  static override examples = [
    '<%= config.bin %> audit verify',
    '<%= config.bin %> audit verify --anchors /mnt/worm/oaops.anchors --allowed-signers /etc/oaops/allowed_signers',
    '<%= config.bin %> audit verify --anchors evidence.tar',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.verificationFailed];
  static override flags = {
    anchors: Flags.string({
      multiple: true,
      description: 'file of anchors, or an evidence bundle; may be repeated',
      helpValue: 'FILE',
    }),
    'allowed-signers': Flags.string({ description: 'only anchors signed by these people count', helpValue: 'FILE' }),
    'require-anchor': Flags.boolean({ description: 'exit 9 when no anchor vouches for the chain' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { requireSignedAnchors } = await import('../../src/record/audit/anchors.ts');
    const { readAnchors } = await import('../../src/record/audit/read-anchors.ts');
    const anchors: AuditAnchor[] = [];
    for (const file of this.flags.anchors ?? []) anchors.push(...(await readAnchors(file)));
    if (this.flags['allowed-signers']) await requireSignedAnchors(anchors, this.flags['allowed-signers']);
    const verdict = await (await app.record()).audit.verify(anchors);
    const failed = verdict.state === 'altered' || (this.flags['require-anchor'] && verdict.state !== 'anchored');
    return {
      exitCode: failed ? ExitCode.verificationFailed : ExitCode.success,
      json: verdict,
      text: `${{ anchored: 'anchored', 'consistent-not-anchored': 'consistent, not anchored', altered: 'ALTERED' }[verdict.state]}\n${verdict.message}`,
    };
  }
}
