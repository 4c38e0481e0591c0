import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class PatchPause extends BaseCommand<typeof PatchPause> {
  static override summary = 'Pause a rollout: nothing new starts until it is resumed';
  static override description =
    'What is under way goes to its end first. Also "oaops tick" leaves a paused rollout alone.';
  static override examples = ['<%= config.bin %> patch pause latest --reason "complaints from finance"'];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.refused];
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
    const done = await engine.pause(row.id, this.flags.reason);
    const text =
      done.state === 'paused'
        ? `rollout ${done.run} is paused`
        : `rollout ${done.run} is under way and was asked to pause`;
    return { json: done, text: this.say(text) };
  }
}
