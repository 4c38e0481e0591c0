import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inputFlags } from '../../src/cli/plan-flags.ts';
import { reviewFlags } from '../../src/cli/review-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class AccountReview extends BaseCommand<typeof AccountReview> {
  static override summary = 'Sign the list of accounts or rights that a run waits with, and let it go on';
  static override description =
    `At a terminal it asks which lines are to be carried out; then the run goes on. The signer is the login behind the process. For heads without a login each list is written as a CSV file (--export, or by mail with --send) and read back with --import, which takes over all of a file or nothing. Lines that are open still: exit 3; where nobody can be asked: 6.
Of a review of rights only the rights that somebody has signed are taken away; everything else stays. --start plans a review and starts it.
Accounts that are like a person only by name and department are told apart; say whose they are with --confirm or --deny, and the next plan goes by that.`;
  static override examples = [
    '<%= config.bin %> account review --start rights-review',
    '<%= config.bin %> account review latest',
    '<%= config.bin %> account review latest --all do --keep zhangsan --reason "back on Monday"',
    '<%= config.bin %> account review rights-review --export ./lists',
    '<%= config.bin %> account review rights-review --import ./lists/sales.csv --signed-by "Li Na"',
    '<%= config.bin %> account review latest --confirm lisi --person E0042',
  ];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    run: Args.string({
      name: 'RUN',
      description: 'id of the run, name of its runbook, or latest; with --start a runbook',
      default: 'latest',
    }),
  };
  static override flags = { ...reviewFlags, ...inputFlags };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { reviewAccounts } = await import('../../src/app/accounts/review-command.ts');
    // With --json there is one document, told at the end.
    const silent = async () => ({ sink: () => {} });
    return await reviewAccounts(
      app,
      { ...this.flags, run: this.args.run },
      {
        show: { lang: this.lang, renderer: this.globals.json ? silent : () => this.renderer(app), ...this.asking() },
        say: (english) => this.say(english),
        prose: (english) => this.prose(english),
        table: (columns, rows) => this.table(columns, rows),
      },
    );
  }
}
