import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { shownRunArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class PatchStatus extends BaseCommand<typeof PatchStatus> {
  static override summary = 'Show where a rollout stands: batches, failures, gates, watch';
  static override description =
    'Read from the record alone, so that it can be asked from any terminal, also while the rollout goes on or after a crash.';
  static override examples = [
    '<%= config.bin %> patch status',
    '<%= config.bin %> patch status 20261122T180512Z --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override args = {
    run: shownRunArg,
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { showRollout } = await import('../../src/app/patch.ts');
    const { status, text } = await showRollout(app, this.args.run);
    return { json: status, text: this.say(text({ status: (word, columns) => this.status(word, columns) })) };
  }
}
