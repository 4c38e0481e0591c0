import { Flags } from '@oclif/core';
import { openApp } from '../../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../../src/cli/base-command.ts';
import { ExitCode } from '../../../src/core/exit-codes.ts';

export default class BackupKeyList extends BaseCommand<typeof BackupKeyList> {
  static override summary = 'List who can read new backups of a repository';
  static override examples = ['<%= config.bin %> backup key list --repo /srv/backup'];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.repositoryMissing];
  static override flags = {
    repo: Flags.string({ char: 'r', description: 'repository; also OAOPS_REPO', helpValue: 'REPO' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ listRecipients }, door] = await Promise.all([
      import('../../../src/backup/keys/manage-keys.ts'),
      app.backup(),
    ]);
    const { repo } = this.flags;
    const recipients = await listRecipients(door, await door.repos(repo === undefined ? undefined : [repo]));
    return { json: { recipients }, text: recipients.join('\n') || this.say('the repository is not encrypted') };
  }
}
