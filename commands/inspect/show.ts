import { openApp } from '../../src/app.ts';
import { asPlugin } from '../../src/cli/as-plugin.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inspectionArg, reportFlags } from '../../src/cli/inspect-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class InspectShow extends BaseCommand<typeof InspectShow> {
  static override summary = 'Show what an inspection found: its newest run, or any other';
  static override description =
    'Read from the record; nothing is asked of the hosts. A run that has its verdict is shown as it was then. Shown is what is not all right, all of it with --verbose. Exit codes as inspect run.';
  static override examples = [
    '<%= config.bin %> inspect show',
    '<%= config.bin %> inspect show inspection-daily --verbose',
    '<%= config.bin %> inspect show 20261122T180512Z --out report.html --lang zh-CN',
    '<%= config.bin %> inspect show inspection-daily --out /var/lib/node_exporter/inspection.prom',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.waiting,
  ];
  static override args = { inspection: inspectionArg };
  static override flags = { ...reportFlags };

  protected override execute(): Promise<CommandResult> {
    return asPlugin(this.flags.format, this.args.inspection, () => this.#show());
  }

  async #show(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ loadReport }, { tellReport }] = await Promise.all([
      import('../../src/app/inspect.ts'),
      import('../../src/app/inspect-report.ts'),
    ]);
    const { report } = await loadReport(app, this.args.inspection);
    const { format, out } = this.flags;
    const { text, exitCode } = await tellReport(
      app,
      report,
      { format, out, all: this.globals.verbose },
      { lang: this.lang, say: (english) => this.say(english), table: (columns, rows) => this.table(columns, rows) },
    );
    return { exitCode, json: report, text };
  }
}
