import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class InspectImport extends BaseCommand<typeof InspectImport> {
  static override summary = 'Make an inspection of a gossfile';
  static override description =
    'Tests of Goss become checks with the same meaning; what has no counterpart, or sees more or less than the original, is named on standard error. Read the runbook before you run it. Without --out it is printed.';
  static override examples = [
    '<%= config.bin %> inspect import goss goss.yaml --out web-servers.yaml',
    '<%= config.bin %> inspect import goss goss.yaml --name web-servers',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override args = {
    format: Args.string({ name: 'FORMAT', description: 'whose file it is', options: ['goss'], required: true }),
    file: Args.string({ name: 'FILE', description: 'YAML or JSON', required: true }),
  };
  static override flags = {
    name: Flags.string({ description: 'name of the runbook; default: that of the file', helpValue: 'NAME' }),
    out: Flags.string({ description: 'file to make; one that is there is not overwritten', helpValue: 'FILE' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { importInspection } = await import('../../src/app/inspect-import.ts');
    const { runbook, notes, out } = await importInspection(app, { file: this.args.file, ...this.flags });
    if (!this.globals.json) for (const note of notes) this.warn(note);
    return { json: { runbook, notes, out }, text: out === null ? runbook : this.say(`the inspection is in ${out}`) };
  }
}
