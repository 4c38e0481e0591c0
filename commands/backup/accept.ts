import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import { loginName } from '../../src/core/login.ts';

export default class BackupAccept extends BaseCommand<typeof BackupAccept> {
  static override summary = 'Say that a snapshot is right though a guard stopped pruning because of it';
  static override description =
    'For a snapshot that shrank or changed more than the guards of its backup allow, and for a backup that failed and is known to. Pruning goes on, and the next backup compares with it.';
  static override examples = [
    '<%= config.bin %> backup accept latest --repo main --reason "moved the archive to another server"',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.repositoryMissing,
  ];
  static override args = { snapshot: Args.string({ description: 'latest, an id, or part of one', required: true }) };
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    reason: Flags.string({ description: 'why, for those who come later', required: true, helpValue: 'TEXT' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ changeNote, noteText }, door] = await Promise.all([
      import('../../src/backup/prune/notes.ts'),
      app.backup(),
    ]);
    const { exitCode, ...result } = await changeNote(door, await door.repos(this.flags.repo), {
      kind: 'accepted',
      wanted: this.args.snapshot,
      put: { by: loginName(app.env, process.getuid?.() ?? 0), reason: this.flags.reason },
    });
    return { exitCode, json: result, text: this.say(noteText('accept', result)) };
  }
}
