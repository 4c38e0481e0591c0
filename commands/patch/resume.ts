import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class PatchResume extends BaseCommand<typeof PatchResume> {
  static override summary = 'Go on with a rollout that was paused, stopped, killed, or waits';
  static override description =
    'Exactly where it stood, by the stored plan: nobody gets the change twice, and nobody who has the change of a newer rollout of the same runbook gets the older one unless --beside says why.';
  static override examples = [
    '<%= config.bin %> patch resume latest',
    '<%= config.bin %> patch resume latest --redo-batch 3',
  ];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    run: runArg,
  };
  static override flags = {
    'redo-batch': Flags.integer({
      multiple: true,
      min: 1,
      description: 'do this batch again, which was taken back by "patch rollback"',
      helpValue: 'NUMBER',
    }),
    beside: Flags.string({
      description: 'go on although a newer rollout reached the same people; why, for the audit log',
      helpValue: 'REASON',
    }),
    follow: Flags.boolean({ description: 'wait for the samples of gates and watch, however long that takes' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { goOn } = await import('../../src/app/patch.ts');
    const show = { lang: this.lang, renderer: () => this.renderer(app), ...this.asking(), follow: this.flags.follow };
    const { beside, 'redo-batch': redo = [] } = this.flags;
    const end = await goOn(app, this.args.run, show, { redo, beside });
    return { exitCode: end.exitCode };
  }
}
