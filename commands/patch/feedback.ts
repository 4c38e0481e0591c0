import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class PatchFeedback extends BaseCommand<typeof PatchFeedback> {
  static override summary = 'Record what a user tells about a rollout';
  static override description =
    'A gate or a watch that uses patch.feedback takes it into account: at the first serious report it says no, and the rollout is taken back.';
  static override examples = [
    '<%= config.bin %> patch feedback latest "attachments do not open" --severity serious --from "Li Na, finance"',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override args = {
    run: runArg,
    text: Args.string({ name: 'TEXT', description: 'what was told', required: true }),
  };
  static override flags = {
    severity: Flags.option({
      description: 'how bad it is',
      options: ['minor', 'major', 'serious'] as const,
      required: true,
    })(),
    from: Flags.string({ description: 'who told it', helpValue: 'NAME' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { recordFeedback } = await import('../../src/app/patch.ts');
    const { severity, from } = this.flags;
    const done = await recordFeedback(app, this.args.run, { severity, text: this.args.text, from: from ?? null });
    const { minor, major, serious } = done.feedback;
    const text = `recorded for rollout ${done.run}; so far ${serious} serious, ${major} major, ${minor} minor`;
    return { json: done, text: this.say(text) };
  }
}
