import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupUnpin extends BaseCommand<typeof BackupUnpin> {
  static override summary = 'Let the rules of pruning decide on a snapshot again';
  static override description = 'Takes the pin away from every leg; needs the right to delete there.';
  static override examples = ['<%= config.bin %> backup unpin 9f3a1c2b --repo main'];
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
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ changeNote, noteText }, door] = await Promise.all([
      import('../../src/backup/prune/notes.ts'),
      app.backup(),
    ]);
    const { exitCode, ...result } = await changeNote(door, await door.repos(this.flags.repo), {
      kind: 'pin',
      wanted: this.args.snapshot,
      put: undefined,
    });
    return { exitCode, json: result, text: this.say(noteText('unpin', result)) };
  }
}
