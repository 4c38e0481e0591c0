import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class InspectChecks extends BaseCommand<typeof InspectChecks> {
  static override summary = 'List the types of check, or the arguments of one';
  static override examples = ['<%= config.bin %> inspect checks', '<%= config.bin %> inspect checks disk'];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override args = { type: Args.string({ name: 'TYPE', description: 'a type of check' }) };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { describeCheck, listChecks } = await import('../../src/app/inspect-checks.ts');
    if (this.args.type === undefined) {
      const rows = await listChecks(app, this.lang);
      const columns = [{ title: 'TYPE', whole: true }, { title: 'WHAT', flexible: true }, { title: 'WHERE' }];
      return {
        json: rows,
        text: this.table(
          columns,
          rows.map(({ type, title, place }) => [type, title, this.say(place)]),
        ),
      };
    }
    const { type, title, place, arguments: keys } = await describeCheck(app, this.args.type, this.lang);
    const columns = [
      { title: 'KEY', whole: true },
      { title: 'VALUE', flexible: true },
      { title: 'DEFAULT' },
      { title: 'MEANING', flexible: true },
    ];
    const table = this.table(
      columns,
      keys.map((row) => [row.key, row.value, row.default, row.meaning]),
    );
    return {
      json: { type, title, place, arguments: keys },
      text: `${type}: ${title} (${this.say(place)})\n\n${table}`,
    };
  }
}
