import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class DrillReport extends BaseCommand<typeof DrillReport> {
  static override summary = 'Write one drill as a page for people: verdict, objectives, phases, checks, evidence';
  static override description =
    'The page is one HTML file without scripts, in the language of --lang, fit for print. With --evidence it also exports the evidence bundle of the run and names its hash.';
  static override examples = [
    '<%= config.bin %> drill report latest --out drill.html',
    '<%= config.bin %> drill report 20261122T180512Z --out drill.html --evidence drill.tar --lang zh-CN',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override args = {
    run: runArg,
  };
  static override flags = {
    out: Flags.string({ description: 'file to make', required: true, helpValue: 'FILE' }),
    evidence: Flags.string({ description: 'also export the evidence bundle into this file', helpValue: 'FILE' }),
    key: Flags.string({
      description: 'SSH key that signs it; default: signing.key of the configuration',
      helpValue: 'FILE',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { writeDrillReport } = await import('../../src/app/drill-report.ts');
    const { out, evidence, key } = this.flags;
    const request = { run: this.args.run, out, evidence, key, lang: this.lang, say: (text: string) => this.say(text) };
    const written = await writeDrillReport(app, request);
    const lines = [`the report of the drill ${written.run} (${written.verdict}) is in ${written.out}`];
    if (written.evidence !== null) lines.push(`its evidence is in ${written.evidence}`);
    return { json: written, text: this.say(lines.join('\n')) };
  }
}
