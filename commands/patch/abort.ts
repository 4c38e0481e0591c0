import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class PatchAbort extends BaseCommand<typeof PatchAbort> {
  static override summary = 'End a rollout for good and leave what was done in place';
  static override description =
    'A rollout that is under way stops at its next checkpoint. To take back what was done, see "oaops patch rollback".';
  static override examples = ['<%= config.bin %> patch abort latest --reason "wrong package"'];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.incomplete, ExitCode.refused];
  static override args = {
    run: runArg,
  };
  static override flags = {
    reason: Flags.string({ description: 'why, for the journal', default: 'no reason given', helpValue: 'TEXT' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { rolloutRun } = await import('../../src/app/patch.ts');
    const row = await rolloutRun(app, this.args.run);
    const engine = await (await app.runs()).engine({ sink: () => undefined });
    const done = await engine.abort(row.id, this.flags.reason);
    const text =
      done.state === 'aborted'
        ? `rollout ${done.run} is aborted`
        : `rollout ${done.run} is under way and was asked to stop at its next checkpoint`;
    // Nobody goes on with it any more: what its cleanup left must be seen to by hand.
    if (done.message !== undefined)
      return { json: done, text: `${this.say(text)}\n${this.say(done.message)}`, exitCode: ExitCode.incomplete };
    return { json: done, text: this.say(text) };
  }
}
