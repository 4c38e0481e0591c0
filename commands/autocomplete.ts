import { Args } from '@oclif/core';
import { BaseCommand, type CommandResult } from '../src/cli/base-command.ts';
import { usageError } from '../src/core/errors.ts';
import { ExitCode } from '../src/core/exit-codes.ts';

export default class Autocomplete extends BaseCommand<typeof Autocomplete> {
  static override summary = 'Print a completion script for bash, zsh or fish';
  static override description =
    'Completes topics, commands, flags, their values and the names of runbooks. Without SHELL the one of $SHELL is taken.';
  static override examples = [
    {
      description: 'bash, for all users',
      command: '<%= config.bin %> autocomplete bash > /etc/bash_completion.d/oaops',
    },
    {
      description: 'zsh, into a folder of $fpath',
      command: '<%= config.bin %> autocomplete zsh > ~/.zfunc/_oaops',
    },
    {
      description: 'fish',
      command: '<%= config.bin %> autocomplete fish > ~/.config/fish/completions/oaops.fish',
    },
  ];
  static override args = { shell: Args.string({ description: 'bash, zsh or fish', options: ['bash', 'zsh', 'fish'] }) };
  static override exitCodes = [ExitCode.success, ExitCode.usage];

  protected override async execute(): Promise<CommandResult> {
    const { completionScript, shells } = await import('../src/cli/completion/scripts.ts');
    const { completionTree } = await import('../src/cli/completion/tree.ts');
    const named = this.args.shell ?? process.env['SHELL']?.split('/').at(-1);
    const shell = shells.find((each) => each === named);
    if (!shell) {
      throw usageError('shell-unknown', named ? `there is no completion for ${named}` : 'no shell is named', {
        next: 'Name one of bash, zsh, fish.',
      });
    }
    const script = completionScript(shell, completionTree(this.config.commands, this.config.topics));
    return { json: { shell, script }, text: script };
  }
}
