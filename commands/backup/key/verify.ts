import { Flags } from '@oclif/core';
import { openApp } from '../../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../../src/cli/base-command.ts';
import { ExitCode } from '../../../src/core/exit-codes.ts';

export default class BackupKeyVerify extends BaseCommand<typeof BackupKeyVerify> {
  static override summary = 'Prove that the private keys at hand open the backups';
  static override description =
    'Each key decrypts a probe for its recipient and the newest snapshot. Exit 3 when a recipient has no proof, 12 when a key belongs to no recipient.';
  static override examples = [
    '<%= config.bin %> backup key verify --repo /srv/backup --identity operations.key --identity recovery.key',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.repositoryMissing,
    ExitCode.wrongKey,
  ];
  static override flags = {
    repo: Flags.string({ char: 'r', description: 'repository; also OAOPS_REPO', helpValue: 'REPO' }),
    identity: Flags.string({
      char: 'i',
      multiple: true,
      description: 'private age key; also OAOPS_IDENTITY_FILE',
      helpValue: 'FILE',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ verifyKeys }, door] = await Promise.all([import('../../../src/backup/keys/manage-keys.ts'), app.backup()]);
    const { repo, identity } = this.flags;
    const files = identity ?? [app.env['OAOPS_IDENTITY_FILE'] ?? ''].filter((file) => file !== '');
    const report = await verifyKeys(door, await door.repos(repo === undefined ? undefined : [repo]), files);
    const lines = report.proofs.map(({ recipient, status, identityFile }) =>
      `${status.padEnd(10)}  ${recipient}  ${identityFile ?? ''}`.trimEnd(),
    );
    for (const file of report.strangers) lines.push(`stranger    ${file} belongs to no recipient of this repository`);
    const missing = report.proofs.some(({ status }) => status === 'not-proved');
    const exitCode = report.strangers.length > 0 ? ExitCode.wrongKey : missing ? ExitCode.incomplete : ExitCode.success;
    return { exitCode, json: report, text: this.say(lines.join('\n') || 'the repository is not encrypted') };
  }
}
