import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import { loginName } from '../../src/core/login.ts';

export default class BackupPin extends BaseCommand<typeof BackupPin> {
  static override summary = 'Keep a snapshot whatever the rules of pruning say';
  static override description =
    'A pin is stored on every leg, and shown by list. It keeps prunes of oaops away, not somebody who deletes at the storage: that is what write-once protection is for.';
  static override examples = [
    '<%= config.bin %> backup pin 20261122T180512Z-9f3a1c2b --repo main --reason "year-end closing"',
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

  /** What is noted of the snapshot; `backup accept` notes something else in the same way. */
  protected readonly note: { kind: 'pin' | 'accepted'; word: 'pin' | 'accept' } = { kind: 'pin', word: 'pin' };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ changeNote, noteText }, door] = await Promise.all([
      import('../../src/backup/prune/notes.ts'),
      app.backup(),
    ]);
    const { exitCode, ...result } = await changeNote(door, await door.repos(this.flags.repo), {
      kind: this.note.kind,
      wanted: this.args.snapshot,
      put: { by: loginName(app.env, process.getuid?.() ?? 0), reason: this.flags.reason },
    });
    return { exitCode, json: result, text: this.say(noteText(this.note.word, result)) };
  }
}
