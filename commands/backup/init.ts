import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupInit extends BaseCommand<typeof BackupInit> {
  static override summary = 'Make a backup repository on one or more legs';
  static override description =
    'A leg is a folder or s3://bucket/prefix; all legs hold the same bytes. Backups are encrypted with age for the recipients given: this machine needs no private key to make them. Without a flag, a repository of the configuration takes the recipients stated there. Give two recipients, one for operations and one that is sealed away: a lost key is a lost backup.';
  static override examples = [
    '<%= config.bin %> backup init --repo /srv/backup --recipient age1... --recipient age1...',
    '<%= config.bin %> backup init --repo /srv/backup --repo s3://oa-backup/main --recipients-file recipients.txt',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'folder or s3://bucket/prefix; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    recipient: Flags.string({ multiple: true, description: 'age public key; may be repeated', helpValue: 'AGE' }),
    'recipients-file': Flags.string({ description: 'file with one age public key a line', helpValue: 'FILE' }),
    'no-encryption': Flags.boolean({
      description: 'store everything in clear',
      exclusive: ['recipient', 'recipients-file'],
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ makeRepository }, door] = await Promise.all([import('../../src/backup/make-repository.ts'), app.backup()]);
    const { repo, recipient, 'recipients-file': recipientsFile, 'no-encryption': noEncryption } = this.flags;
    const chosen = recipient !== undefined || recipientsFile !== undefined || noEncryption;
    const made = await makeRepository(door, {
      repos: await door.repos(repo),
      recipients: chosen ? (recipient ?? []) : await door.recipients(repo),
      recipientsFile,
      noEncryption,
    });
    for (const warning of made.warnings) this.warn(warning);
    const { text, ...facts } = made;
    return { json: facts, text: this.say(text) };
  }
}
