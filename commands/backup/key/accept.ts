import { Flags } from '@oclif/core';
import { openApp } from '../../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../../src/cli/base-command.ts';
import { ExitCode } from '../../../src/core/exit-codes.ts';

export default class BackupKeyAccept extends BaseCommand<typeof BackupKeyAccept> {
  static override summary = 'Trust the present recipients of a repository on this machine';
  static override description =
    'Each machine remembers the recipients of a repository from its first backup there, and refuses to back up when they change: whoever can write to the storage could add himself. After a change made elsewhere, look at them with "backup key list", then accept them here.';
  static override examples = ['<%= config.bin %> backup key accept --repo /srv/backup'];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.repositoryMissing];
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ acceptRecipients }, door] = await Promise.all([
      import('../../../src/backup/keys/manage-keys.ts'),
      app.backup(),
    ]);
    const recipients = await acceptRecipients(door, await door.repos(this.flags.repo));
    return { json: { recipients }, text: recipients.join('\n') || this.say('the repository is not encrypted') };
  }
}
