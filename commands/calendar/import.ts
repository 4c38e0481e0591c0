import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class CalendarImport extends BaseCommand<typeof CalendarImport> {
  static override summary = 'Take over the notice of a year: days off, and weekend days that are worked';
  static override description =
    'The file is JSON: {"year": 2027, "days": [{"name": "春节", "date": "2027-02-06", "isOffDay": true}]}. It stands in place of what oaops knows of that year, for all commands of this machine; days of the configuration stand over it. A list without days of its year is refused: the year is not announced yet.';
  static override examples = ['<%= config.bin %> calendar import 2027.json'];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.refused];
  static override args = { file: Args.string({ name: 'FILE', description: 'the notice', required: true }) };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { importNotice } = await import('../../src/app/calendar.ts');
    const { year, off, work, changed } = importNotice(app, this.args.file);
    const lines = [
      this.say(`${year}: ${off.length} days off, ${work.length} weekend days that are worked`),
      ...(changed.length === 0 ? [] : [this.say(`told otherwise than before: ${changed.join(', ')}`)]),
    ];
    return { json: { year, off, work, changed }, text: this.prose(lines.join('\n')) };
  }
}
