import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { shownRunArg } from '../../src/cli/plan-flags.ts';
import { say } from '../../src/cli/texts/texts.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import type { Plan } from '../../src/engine/plan/plan-types.ts';

export default class RunsShow extends BaseCommand<typeof RunsShow> {
  static override summary = 'Show a run: its steps, what they wait for, what people said';
  static override examples = [
    '<%= config.bin %> runs show latest',
    '<%= config.bin %> runs show 20261122T180512Z --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override args = {
    run: shownRunArg,
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { showRun, shownText } = await import('../../src/engine/show.ts');
    const { runs } = await app.record();
    const row = await runs.resolve(this.args.run);
    const plan = (await runs.plan(row.id)) as Plan;
    const shown = showRun(row, plan, await runs.journal(row.id), await runs.inputs(row.id), this.lang);
    return {
      json: shown,
      text: shownText(
        shown,
        this.lang === 'en'
          ? undefined
          : {
              lang: this.lang,
              say: (english) => say(this.lang, english),
              status: (status, columns) => this.status(status, columns),
            },
      ),
    };
  }
}
