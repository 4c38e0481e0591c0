import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class AuditVerify extends BaseCommand<typeof AuditVerify> {
  static override summary = 'Check the audit chain and everything it describes';
  static override description =
    `Walks every row of the hash chain and compares runs, plans, journals, inputs and facts with it. Only an anchor kept elsewhere
can show that the chain was rewritten as a whole or cut off at its end. Every backup leaves one on each of its legs; a repository that is
named must vouch for the chain.`;
  static override examples = [
    '<%= config.bin %> audit verify',
    '<%= config.bin %> audit verify --anchors /mnt/worm/oaops.anchors --allowed-signers /etc/oaops/allowed_signers',
    '<%= config.bin %> audit verify --anchors evidence.tar',
    '<%= config.bin %> audit verify --anchors /srv/backup --anchors s3://oa-backup/main',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.usage,
    ExitCode.verificationFailed,
    ExitCode.repositoryMissing,
  ];
  static override flags = {
    anchors: Flags.string({
      multiple: true,
      description:
        'file of anchors, evidence bundle, or repository with anchors that backups left there; may be repeated',
      helpValue: 'FILE|REPO',
    }),
    'allowed-signers': Flags.string({ description: 'only anchors signed by these people count', helpValue: 'FILE' }),
    'require-anchor': Flags.boolean({ description: 'exit 9 when no anchor vouches for the chain' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { verdictText, verifyAgainst } = await import('../../src/app/anchors.ts');
    const { verdict, failed } = await verifyAgainst(app, {
      places: this.flags.anchors ?? [],
      allowedSigners: this.flags['allowed-signers'],
      requireAnchor: this.flags['require-anchor'],
    });
    return {
      exitCode: failed ? ExitCode.verificationFailed : ExitCode.success,
      json: verdict,
      text: this.say(verdictText(verdict)),
    };
  }
}
