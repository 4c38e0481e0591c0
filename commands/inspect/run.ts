import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { asPlugin } from '../../src/cli/as-plugin.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { reportFlags } from '../../src/cli/inspect-flags.ts';
import { inputFlags, limitFlag, startFlags } from '../../src/cli/plan-flags.ts';
import { laidOut } from '../../src/cli/render/laid-out.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class InspectRun extends BaseCommand<typeof InspectRun> {
  static override summary = 'Make an inspection: all checks on all hosts, sign-offs, verdict';
  static override description =
    `It is a run like any other, kept in the record with every result. Hosts are asked in one script each and need nothing but a POSIX shell. Shown is what is not all right, all of it with --verbose.
Where a person has to look, it asks at the terminal; without one it waits (exit 6) until "oaops inspect sign". Exit 0 when everything passed or only warns, 1 when something failed, 3 when something could not be judged.`;
  static override examples = [
    '<%= config.bin %> inspect run inspection-daily',
    '<%= config.bin %> inspect run ./servers.yaml --limit group:web --out report.html',
    '<%= config.bin %> inspect run inspection-daily --format nagios',
  ];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    runbook: Args.string({ name: 'RUNBOOK', description: 'name of an inspection, or a file; not needed with --plan' }),
  };
  static override flags = {
    ...inputFlags,
    ...startFlags,
    ...reportFlags,
    ...limitFlag,
  };

  protected override execute(): Promise<CommandResult> {
    return asPlugin(this.flags.format, this.args.runbook ?? 'inspection', () => this.#run());
  }

  async #run(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { prepareInspection, runInspection } = await import('../../src/app/inspect.ts');
    const { input, limit, plan: planFile, confirm, format, out } = this.flags;
    const prepared = await prepareInspection(app, {
      runbook: this.args.runbook,
      inputs: input,
      inputsFile: this.flags['inputs-file'],
      limit,
      planFile,
    });
    if (this.flags['dry-run']) return { json: prepared.plan, text: laidOut(prepared.text(this.lang)) };
    // On standard output stands nothing but a report that a program reads.
    const quiet = this.globals.json || (format !== 'text' && out === undefined);
    const { end, report } = await runInspection(app, prepared, {
      lang: this.lang,
      confirm,
      renderer: quiet ? async () => ({ sink: () => {} }) : () => this.renderer(app),
      ...(quiet ? {} : this.asking()),
      askBefore: !this.flags.yes,
    });
    const { tellReport } = await import('../../src/app/inspect-report.ts');
    const told = await tellReport(
      app,
      report,
      { format, out, all: this.globals.verbose },
      { lang: this.lang, say: (text) => this.say(text), table: (columns, rows) => this.table(columns, rows) },
    );
    // Stopped, or something beside the checks went wrong: the run's own word stands over a good verdict.
    // One that waits has no verdict yet, whatever is known already: its code comes with the verdict.
    const isOwn = told.exitCode === ExitCode.success || end.status === 'waiting';
    const exitCode = isOwn && format !== 'nagios' ? end.exitCode : told.exitCode;
    const waits =
      end.status === 'waiting' && end.next !== undefined && format === 'text' ? `\n${this.say(end.next)}` : '';
    return { exitCode, json: report, text: `${told.text}${waits}` };
  }
}
