import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class InspectList extends BaseCommand<typeof InspectList> {
  static override summary = 'List the inspections: shipped ones and yours, with their last verdict';
  static override examples = ['<%= config.bin %> inspect list', '<%= config.bin %> inspect list --json'];
  static override exitCodes = [ExitCode.success, ExitCode.usage];

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ listInspections }, { localText }] = await Promise.all([
      import('../../src/app/inspect.ts'),
      import('../../src/engine/plan/plan-text.ts'),
    ]);
    const rows = await listInspections(app);
    const columns = [
      { title: 'INSPECTION', whole: true },
      { title: 'TITLE', flexible: true },
      { title: 'VERDICT' },
      { title: 'TIME (UTC)', whole: true },
    ];
    return {
      json: rows,
      text: this.table(
        columns,
        rows.map(({ name, title, verdict, at, open }) => [
          name,
          title === null ? '' : localText(title, this.lang),
          open === null ? (verdict === null ? '-' : this.say(verdict)) : this.say('under way'),
          at === null ? '-' : at.slice(0, 16).replace('T', ' '),
        ]),
      ),
    };
  }
}
