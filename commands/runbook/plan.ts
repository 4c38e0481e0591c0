import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inputFlags, limitFlag } from '../../src/cli/plan-flags.ts';
import { laidOut } from '../../src/cli/render/laid-out.ts';
import { writeFileDurable } from '../../src/core/durable-file.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RunbookPlan extends BaseCommand<typeof RunbookPlan> {
  static override summary = 'Show what a run would do';
  static override description =
    `Resolves steps, targets, effects and values, and gives the digest of the plan. A plan written with --out can be looked at, signed, and run with "oaops run --plan FILE"; that is refused when the runbook, the inputs or the inventory have changed since.`;
  static override examples = [
    '<%= config.bin %> runbook plan backup-daily',
    '<%= config.bin %> runbook plan ./switch-over.yaml -i host=web1 --out switch-over.plan.json --sign ~/.ssh/id_ed25519',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.refused];
  static override args = {
    runbook: Args.string({ name: 'RUNBOOK', description: 'name of a runbook, or a file', required: true }),
  };
  static override flags = {
    ...inputFlags,
    ...limitFlag,
    out: Flags.string({ description: 'write the plan to this file', helpValue: 'FILE' }),
    sign: Flags.string({
      description: 'sign the plan with this SSH key; its owner counts as the requester',
      helpValue: 'KEY',
      dependsOn: ['out'],
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { planText } = await import('../../src/engine/plan/plan-text.ts');
    const runs = await app.runs();
    const { input, limit, out, sign } = this.flags;
    const plan = await runs.plan({
      runbook: this.args.runbook,
      inputs: input,
      inputsFile: this.flags['inputs-file'],
      limit,
    });
    if (out !== undefined) {
      const signature = sign === undefined ? undefined : await runs.sign(plan, sign);
      writeFileDurable(out, `${JSON.stringify(plan, null, 2)}\n`);
      if (signature !== undefined) writeFileDurable(`${out}.sig`, signature);
    }
    return {
      json: plan,
      text: `${laidOut(planText(plan, this.lang, (english) => this.say(english)))}${out === undefined ? '' : this.prose(`written to ${out}\n`)}`,
    };
  }
}
