import { Args, Flags } from '@oclif/core';
import { openApp } from '../../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../../src/cli/base-command.ts';
import { ExitCode } from '../../../src/core/exit-codes.ts';
import { count } from '../../../src/core/units.ts';

export default class BackupKeyAdd extends BaseCommand<typeof BackupKeyAdd> {
  static override summary = 'Add a recipient who can read backups made from now on';
  static override description =
    'Backups that are stored already are not encrypted again: the new key does not open them. Name every leg of the repository.';
  static override examples = ['<%= config.bin %> backup key add age1... --repo /srv/backup --repo s3://oa-backup/main'];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.refused,
    ExitCode.repositoryMissing,
  ];
  static override args = { recipient: Args.string({ description: 'age public key', required: true }) };
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
  };

  /** What is done with the recipient. */
  protected readonly change: 'add' | 'remove' = 'add';

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ changeRecipients }, door] = await Promise.all([
      import('../../../src/backup/keys/manage-keys.ts'),
      app.backup(),
    ]);
    const recipients = await changeRecipients(door, await door.repos(this.flags.repo), {
      [this.change]: this.args.recipient,
    });
    return { json: { recipients }, text: this.say(`new backups are for ${count(recipients.length, 'recipient')}`) };
  }
}
