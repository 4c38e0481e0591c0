import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { accountReportFlags } from '../../src/cli/account-flags.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inputFlags } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class AccountAudit extends BaseCommand<typeof AccountAudit> {
  static override summary = 'Compare accounts with the people of the company, and tell what is wrong';
  static override description =
    'Reads every source of people and every directory, and changes nothing. A source or directory that does not answer, or not with everything, is never taken as empty: what depends on it is not judged, and the command ends with 3. Findings alone are no failure: 0, unless the runbook says "failOn".';
  static override examples = [
    '<%= config.bin %> account audit',
    '<%= config.bin %> account audit account-audit --finding leaver --finding orphan',
    '<%= config.bin %> account audit ./accounts.yaml --format html --out accounts.html',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.refused,
  ];
  static override args = {
    runbook: Args.string({
      name: 'RUNBOOK',
      description: 'name of an account review, or a file',
      default: 'account-audit',
    }),
  };
  static override flags = { ...inputFlags, ...accountReportFlags };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { prepareAccounts, runAccounts } = await import('../../src/app/accounts/run.ts');
    const { loadAccountReport, tellAccounts, withoutReport } = await import('../../src/app/accounts/report.ts');
    const { input, format, out, finding: findings, directory: directories } = this.flags;
    const prepared = await prepareAccounts(app, ['audit', 'policy'], {
      runbook: this.args.runbook,
      inputs: input,
      inputsFile: this.flags['inputs-file'],
    });
    // What is told on standard output is the report alone.
    const isQuiet = this.globals.json || (format !== 'text' && out === undefined);
    const { end } = await runAccounts(app, prepared, {
      lang: this.lang,
      renderer: isQuiet ? async () => ({ sink: () => {} }) : () => this.renderer(app),
    });
    const row = await (await app.record()).runs.resolve(end.run);
    const report = await loadAccountReport(app, row, { findings, directories });
    if (!report) {
      // A program that reads a report is given none rather than something else.
      if (isQuiet && !this.globals.json) throw withoutReport(end);
      const text = [end.message, end.next].filter((line) => line !== undefined).map((line) => this.say(line));
      return { exitCode: end.exitCode, json: { ...end, report: null }, text: text.join('\n') };
    }
    const text = await tellAccounts(
      report,
      { format, out, findings, directories, all: this.globals.verbose },
      this.reportScreen(),
    );
    const again =
      format === 'text' && out === undefined
        ? `\n${this.say(`see it again with "oaops account show ${end.run}"`)}`
        : '';
    return { exitCode: end.exitCode, json: report, text: `${text}${again}` };
  }
}
