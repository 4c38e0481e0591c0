import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class PatchOverride extends BaseCommand<typeof PatchOverride> {
  static override summary = 'Take a precondition that is not met upon yourself';
  static override description =
    'Name and reason are kept in the audit log and shown with the run. Then "oaops patch resume" goes on.';
  static override examples = [
    '<%= config.bin %> patch override latest pre-window --reason "the hole is being exploited, agreed with the board"',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.refused];
  static override args = {
    run: runArg,
    step: Args.string({ name: 'STEP', description: 'id of the precondition, such as pre-window', required: true }),
  };
  static override flags = {
    reason: Flags.string({ description: 'why, for the audit log', required: true, helpValue: 'TEXT' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { overridePrecondition } = await import('../../src/app/patch.ts');
    const done = await overridePrecondition(app, this.args.run, this.args.step, this.flags.reason);
    const text = `${done.step} is overridden by ${done.by}: ${done.problem}\nGo on with "oaops patch resume ${done.run}".`;
    return { json: done, text: this.say(text) };
  }
}
