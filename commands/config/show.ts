import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class ConfigShow extends BaseCommand<typeof ConfigShow> {
  static override summary = 'Show the settings that hold';
  static override description =
    'Merges the configuration files and the environment. Secrets are shown as the references they are.';
  static override examples = ['<%= config.bin %> config show', '<%= config.bin %> config show --origin --json'];
  static override flags = {
    origin: Flags.boolean({ description: 'show which file and line, or variable, each setting comes from' }),
  };
  static override exitCodes = [ExitCode.success, ExitCode.usage];

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { describeConfig } = await import('../../src/config/show.ts');
    const { settings, rows, files, origins } = describeConfig(await app.config());
    const json = { settings, files, ...(this.flags.origin ? { origins } : {}) };
    if (rows.length === 0) {
      return { json, text: this.say(`nothing is configured; looked for ${files.map((file) => file.path).join(', ')}`) };
    }
    const columns = [
      { title: 'KEY' },
      { title: 'VALUE', flexible: true },
      ...(this.flags.origin ? [{ title: 'ORIGIN', flexible: true }] : []),
    ];
    return {
      json,
      text: this.table(
        columns,
        rows.map(({ key, value, origin }) => [key, value, origin]),
      ),
    };
  }
}
