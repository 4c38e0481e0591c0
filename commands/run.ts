import { Args } from '@oclif/core';
import { openApp } from '../src/app.ts';
import { BaseCommand, type CommandResult } from '../src/cli/base-command.ts';
import { inputFlags, limitFlag, startFlags } from '../src/cli/plan-flags.ts';
import { laidOut } from '../src/cli/render/laid-out.ts';
import { ExitCode } from '../src/core/exit-codes.ts';

export default class Run extends BaseCommand<typeof Run> {
  static override summary = 'Run a runbook';
  static override description =
    `Plans, then does what the plan says, journalled step by step. In a terminal the plan is shown and confirmed before anything changes.
Destructive steps without an approval step before them need --confirm NAME. With --json the events are printed, one a line.`;
  static override examples = [
    '<%= config.bin %> run backup-daily --dry-run',
    '<%= config.bin %> run ./switch-over.yaml -i host=web1 --yes',
    '<%= config.bin %> run --plan approved.plan.json --json',
  ];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    runbook: Args.string({ name: 'RUNBOOK', description: 'name of a runbook, or a file; not needed with --plan' }),
  };
  static override flags = {
    ...inputFlags,
    ...startFlags,
    ...limitFlag,
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { preparePlan, startRun, unattendedBy } = await import('../src/app/run-command.ts');
    const { input, limit, plan: planFile, confirm } = this.flags;
    const prepared = await preparePlan(app, {
      runbook: this.args.runbook,
      inputs: input,
      inputsFile: this.flags['inputs-file'],
      limit,
      planFile,
      ...unattendedBy(this.flags, this.asking()),
    });
    if (this.flags['dry-run']) return { json: prepared.plan, text: laidOut(prepared.text(this.lang)) };
    const end = await startRun(app, prepared, {
      lang: this.lang,
      confirm,
      renderer: () => this.renderer(app),
      ...this.asking(),
      askBefore: !this.flags.yes,
    });
    return { exitCode: end.exitCode };
  }
}
