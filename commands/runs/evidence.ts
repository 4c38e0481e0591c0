import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RunsEvidence extends BaseCommand<typeof RunsEvidence> {
  static override summary = 'Export the evidence of a run as one file that anybody can check';
  static override description =
    'Runbook, plan, journal, outputs, approvals and the part of the audit chain that covers the run; signed when a key is configured. Check it with evidence verify.';
  static override examples = [
    '<%= config.bin %> runs evidence latest --out evidence.tar',
    '<%= config.bin %> runs evidence 20261122T180512Z --out evidence.tar --key ~/.ssh/id_ed25519',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override args = {
    run: runArg,
  };
  static override flags = {
    out: Flags.string({ description: 'file to make', required: true, helpValue: 'FILE' }),
    key: Flags.string({
      description: 'SSH key that signs it; default: signing.key of the configuration',
      helpValue: 'FILE',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { exportEvidence, summaryText } = await import('../../src/record/evidence/bundle.ts');
    const { evidenceOptions } = await import('../../src/app/record.ts');
    const record = await app.record();
    const { id } = await record.runs.resolve(this.args.run);
    const summary = await exportEvidence(record, await evidenceOptions(app, id, this.flags.out, this.flags.key));
    return { json: summary, text: this.say(summaryText(summary)) };
  }
}
