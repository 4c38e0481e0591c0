import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inputFlags, startFlags } from '../../src/cli/plan-flags.ts';
import { laidOut } from '../../src/cli/render/laid-out.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class PatchRollout extends BaseCommand<typeof PatchRollout> {
  static override summary = 'Roll out a change batch by batch, with gates and rollback';
  static override description =
    `Does what the plan says, one batch after the other; a batch begins when the gates after the one before it pass. When failures exceed the budget or a gate says no, nothing new starts and what was done is taken back.
"oaops patch status", "pause", "resume", "abort" and "rollback" work from any terminal while it goes on.`;
  static override examples = [
    '<%= config.bin %> patch rollout --plan hotfix.plan.json',
    '<%= config.bin %> patch rollout ./oa-hotfix.yaml -i package=oa-1.4.0.tar.gz --yes --json',
  ];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    runbook: Args.string({ name: 'RUNBOOK', description: 'name of a rollout, or a file; not needed with --plan' }),
  };
  static override flags = {
    ...inputFlags,
    ...startFlags,
    follow: Flags.boolean({ description: 'wait for the samples of gates and watch, however long that takes' }),
    beside: Flags.string({
      description: 'begin although another rollout of the runbook is not over; why, for the audit log',
      helpValue: 'REASON',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { prepareRollout } = await import('../../src/app/patch.ts');
    const { startRun } = await import('../../src/app/run-command.ts');
    const { input, plan: planFile, confirm, follow, beside } = this.flags;
    const prepared = await prepareRollout(app, {
      runbook: this.args.runbook,
      inputs: input,
      inputsFile: this.flags['inputs-file'],
      planFile,
    });
    if (this.flags['dry-run']) return { json: prepared.plan, text: laidOut(prepared.text(this.lang)) };
    const end = await startRun(app, prepared, {
      lang: this.lang,
      confirm,
      follow,
      beside,
      renderer: () => this.renderer(app),
      ...this.asking(),
      askBefore: !this.flags.yes,
    });
    return { exitCode: end.exitCode };
  }
}
