import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inputFlags } from '../../src/cli/plan-flags.ts';
import { laidOut } from '../../src/cli/render/laid-out.ts';
import { writeFileDurable } from '../../src/core/durable-file.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class PatchPlan extends BaseCommand<typeof PatchPlan> {
  static override summary = 'Plan a rollout: whom it reaches, in which batches, with which gates';
  static override description =
    `Reads the population now and cuts it into batches; the plan lists every member. Nothing is changed. "oaops patch rollout --plan FILE" does exactly what the plan says, and refuses when the runbook, the inputs, the package, the inventory or the population have changed since.`;
  static override examples = [
    '<%= config.bin %> patch plan ./oa-hotfix.yaml -i package=oa-1.4.0.tar.gz',
    '<%= config.bin %> patch plan ./oa-hotfix.yaml -i package=oa-1.4.0.tar.gz --out hotfix.plan.json --sign ~/.ssh/id_ed25519',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.refused];
  static override args = {
    runbook: Args.string({ name: 'RUNBOOK', description: 'name of a rollout, or a file', required: true }),
  };
  static override flags = {
    ...inputFlags,
    out: Flags.string({ description: 'write the plan to this file', helpValue: 'FILE' }),
    sign: Flags.string({
      description: 'sign the plan with this SSH key; its owner counts as the requester',
      helpValue: 'KEY',
      dependsOn: ['out'],
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { planRollout } = await import('../../src/app/patch.ts');
    const { input, out, sign } = this.flags;
    const given = { runbook: this.args.runbook, inputs: input, inputsFile: this.flags['inputs-file'] };
    const { plan, text, signature } = await planRollout(app, given, sign);
    if (out !== undefined) {
      writeFileDurable(out, `${JSON.stringify(plan, null, 2)}\n`);
      if (signature !== undefined) writeFileDurable(`${out}.sig`, signature);
    }
    return {
      json: plan,
      text: `${laidOut(text(this.lang))}${out === undefined ? '' : this.prose(`written to ${out}\n`)}`,
    };
  }
}
