import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class DrillPlant extends BaseCommand<typeof DrillPlant> {
  static override summary = 'Plant a value that a drill must find again';
  static override description =
    'Makes a new value, remembers it, and writes it into a file; without --file it prints the value, to be put into a row. Run it before each backup: a drill whose runbook has "canary" of this name fails unless the value planted last before the snapshot came back.';
  static override examples = [
    '<%= config.bin %> drill plant oa --file /srv/oa/.canary',
    '<%= config.bin %> drill plant oa-row',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override args = {
    name: Args.string({ description: 'name of the canary', required: true }),
  };
  static override flags = {
    file: Flags.string({ description: 'file to write; its folder must be there', helpValue: 'FILE' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { plantCanary } = await import('../../src/app/canary.ts');
    const planted = await plantCanary(app, this.args.name, this.flags.file);
    return { json: planted, text: planted.value };
  }
}
