import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RunsAbort extends BaseCommand<typeof RunsAbort> {
  static override summary = 'End a run for good';
  static override description =
    `A run that is under way, here or on another machine, stops at its next checkpoint. Nothing is taken back: see "oaops runs undo".`;
  static override examples = ['<%= config.bin %> runs abort latest --reason "wrong maintenance window"'];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.incomplete, ExitCode.refused];
  static override args = {
    run: runArg,
  };
  static override flags = {
    reason: Flags.string({ description: 'why, for the journal', default: 'no reason given', helpValue: 'TEXT' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const engine = await (await app.runs()).engine({ sink: () => undefined });
    const done = await engine.abort(this.args.run, this.flags.reason);
    const text =
      done.state === 'aborted'
        ? `run ${done.run} is aborted`
        : `run ${done.run} is under way and was asked to stop at its next checkpoint`;
    // Nobody goes on with it any more: what its cleanup left must be seen to by hand.
    if (done.message !== undefined)
      return { json: done, text: `${this.say(text)}\n${this.say(done.message)}`, exitCode: ExitCode.incomplete };
    return { json: done, text: this.say(text) };
  }
}
