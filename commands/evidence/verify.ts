import { Args, Flags } from '@oclif/core';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class EvidenceVerify extends BaseCommand<typeof EvidenceVerify> {
  static override summary = 'Check an evidence bundle; needs nothing but the file';
  static override description =
    'Exit 9 when any byte was changed, a member is missing, the journal does not fit the audit chain, or, with --allowed-signers, the signature is not of one of these people.';
  static override examples = [
    '<%= config.bin %> evidence verify evidence.tar',
    '<%= config.bin %> evidence verify evidence.tar --allowed-signers allowed_signers --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.verificationFailed];
  static override args = {
    file: Args.string({ name: 'FILE', description: 'bundle of runs evidence', required: true }),
  };
  static override flags = {
    'allowed-signers': Flags.string({ description: 'who may have signed it, as in ssh-keygen(1)', helpValue: 'FILE' }),
  };

  protected override async execute(): Promise<CommandResult> {
    const { verdictText, verifyEvidence } = await import('../../src/record/evidence/verify.ts');
    const verdict = await verifyEvidence(this.args.file, this.flags['allowed-signers']);
    return {
      exitCode: verdict.state === 'intact' ? ExitCode.success : ExitCode.verificationFailed,
      json: verdict,
      text: this.say(verdictText(verdict)),
    };
  }
}
