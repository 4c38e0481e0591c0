import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inspectionArg } from '../../src/cli/inspect-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class InspectOrder extends BaseCommand<typeof InspectOrder> {
  static override summary =
    'Write the work order of an inspection for print: what a person looks at, with room for signatures';
  static override description =
    'One HTML page without scripts, in the language of --lang. The signed paper comes back as evidence: oaops inspect sign RUN CHECK pass --evidence scan.pdf';
  static override examples = ['<%= config.bin %> inspect order maintenance-visit --out order.html --lang zh-CN'];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override args = { inspection: inspectionArg };
  static override flags = {
    out: Flags.string({ description: 'file to make', required: true, helpValue: 'FILE' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { writeWorkOrder } = await import('../../src/app/work-order.ts');
    const told = { lang: this.lang, say: (text: string) => this.say(text) };
    const done = await writeWorkOrder(app, { run: this.args.inspection, out: this.flags.out }, told);
    return {
      json: done,
      text: this.say(`the work order of run ${done.run} (to sign: ${done.items}) is in ${done.out}`),
    };
  }
}
