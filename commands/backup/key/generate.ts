import { Args } from '@oclif/core';
import { openApp } from '../../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../../src/cli/base-command.ts';
import { ExitCode } from '../../../src/core/exit-codes.ts';

export default class BackupKeyGenerate extends BaseCommand<typeof BackupKeyGenerate> {
  static override summary = 'Make a new key pair for backups';
  static override description =
    'Writes the private key (identity) to a new file with mode 0600, as age-keygen does, and prints the public key (recipient). Keep the file away from the machine that is backed up.';
  static override examples = ['<%= config.bin %> backup key generate operations.key'];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override args = { file: Args.string({ description: 'new file for the private key', required: true }) };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { generateKey } = await import('../../../src/backup/keys/manage-keys.ts');
    const recipient = await generateKey(this.args.file, app.clock.nowMs());
    return { json: { recipient, file: this.args.file }, text: recipient };
  }
}
