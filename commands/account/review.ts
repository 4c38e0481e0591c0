import { Args, Flags } from '@oclif/core';
import type { Review } from '../../src/app/accounts/review.ts';
import { type App, openApp } from '../../src/app.ts';
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
  static override flags = {
    ...reviewFlags,
    ...inputFlags,
    'dry-run': Flags.boolean({ description: 'print the plan and do nothing', dependsOn: ['start'] }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask before changes', dependsOn: ['start'] }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { start, confirm, deny, list, send } = this.flags;
    if (start) return await this.#start(app);
    if (confirm !== undefined || deny !== undefined) return await this.#answerMatch(app);
    const { openReview } = await import('../../src/app/accounts/review.ts');
    const review = await openReview(app, this.args.run);
    if (list) return await this.#list(app, review);
    if (send) return await this.#send(app, review);
    if (this.flags.export !== undefined) return await this.#export(app, review, this.flags.export);
    if (this.flags.import.length > 0) return await this.#import(app, review);
    if (this.flags.all !== undefined || this.flags.do.length > 0 || this.flags.keep.length > 0)
      return await this.#decide(app, review);
    return await this.#sign(app, review);
  }

  /** With --json there is one document, told at the end. */
  #show(app: App) {
    const silent = async () => ({ sink: () => {} });
    return { lang: this.lang, renderer: this.globals.json ? silent : () => this.renderer(app), ...this.asking() };
  }

  async #start(app: App): Promise<CommandResult> {
    const { prepareAccounts } = await import('../../src/app/accounts/run.ts');
    const { carryOut } = await import('../../src/app/accounts/carry-out.ts');
    const { unattendedBy } = await import('../../src/app/run-command.ts');
    const prepared = await prepareAccounts(app, ['review'], {
      runbook: this.args.run === 'latest' ? 'rights-review' : this.args.run,
      inputs: this.flags.input,
      inputsFile: this.flags['inputs-file'],
      ...unattendedBy(this.flags, this.asking()),
    });
    if (this.flags['dry-run']) return { json: prepared.plan, text: this.prose(prepared.text(this.lang)) };
    const { end, json, text } = await carryOut(app, prepared, { ...this.#show(app), askBefore: !this.flags.yes });
    return { exitCode: end.exitCode, ...(this.globals.json ? { json } : { text: this.prose(text) }) };
  }

  async #answerMatch(app: App): Promise<CommandResult> {
    const { answerMatch } = await import('../../src/app/accounts/review.ts');
    const { confirm, deny, person } = this.flags;
    const said = await answerMatch(app, this.args.run, {
      account: confirm ?? deny ?? '',
      person,
      is: confirm !== undefined,
    });
    const { login, directory, is, person: whose } = said;
    const words = is
      ? `${login} (${directory}) belongs to ${whose}; the next plan goes by that`
      : `${login} (${directory}) does not belong to ${whose}; the next plan goes by that`;
    return { json: said, text: this.say(words) };
  }

  /** Whoever is not at a terminal is shown what there is to sign. */
  async #sign(app: App, review: Review): Promise<CommandResult> {
    const { prompts } = this.asking();
    if (review.isClosed || (review.open.length > 0 && !prompts)) {
      const listed = await this.#list(app, review);
      return { ...listed, exitCode: review.isClosed ? ExitCode.success : ExitCode.waiting };
    }
    if (!prompts) return this.#goOn(app, review, {});
    const { signAtTerminal } = await import('../../src/app/accounts/sign-at-terminal.ts');
    return this.#goOn(app, await signAtTerminal(app, review, { lang: this.lang, prompts }), {});
  }

  async #decide(app: App, review: Review): Promise<CommandResult> {
    const { decideByFlags } = await import('../../src/app/accounts/review.ts');
    const { all, do: carryOut, keep, reason } = this.flags;
    return this.#goOn(app, await decideByFlags(app, review, { all, do: carryOut, keep, reason }), {});
  }

  async #import(app: App, review: Review): Promise<CommandResult> {
    const { importLists } = await import('../../src/app/accounts/review-files.ts');
    const imported = await importLists(app, review, {
      files: this.flags.import,
      signedBy: this.flags['signed-by'],
      signature: this.flags.signature,
    });
    const told = imported.files.map(({ file, decided, undecided }) =>
      this.say(`${file}: ${decided} lines decided, ${undecided} left open`),
    );
    return this.#goOn(app, imported.review, { files: imported.files }, told);
  }

  /** The run goes on as soon as every line is decided. */
  async #goOn(app: App, review: Review, facts: object, told: string[] = []): Promise<CommandResult> {
    const { row, open, lines, plan } = review;
    if (open.length > 0) {
      const words = `${open.length} of ${lines.length} lines of run ${row.id} are open still`;
      return {
        exitCode: ExitCode.incomplete,
        json: { run: row.id, status: row.status, open: open.map(({ id }) => id), ...facts },
        text: [...told, this.say(words)].join('\n'),
      };
    }
    const { goOn } = await import('../../src/app/accounts/review.ts');
    const { tellEnd } = await import('../../src/app/accounts/carry-out.ts');
    const { end, json, text } = await tellEnd(app, await goOn(app, row.id, this.#show(app)), plan);
    if (this.globals.json) return { exitCode: end.exitCode, json: { ...(json as object), ...facts } };
    return { exitCode: end.exitCode, text: [...told, this.prose(text)].join('\n') };
  }

  async #export(app: App, review: Review, folder: string): Promise<CommandResult> {
    const { exportLists } = await import('../../src/app/accounts/review-files.ts');
    const files = await exportLists(app, review, { folder, lang: this.lang });
    const rows = files.map(({ file, department, head, lines }) => [
      file,
      department ?? '-',
      head ?? this.say('no head'),
      String(lines),
    ]);
    const columns = [
      { title: 'FILE' },
      { title: 'DEPARTMENT' },
      { title: 'HEAD' },
      { title: 'LINES', align: 'right' as const },
    ];
    return { json: { run: review.row.id, files }, text: this.table(columns, rows) };
  }

  async #send(app: App, review: Review): Promise<CommandResult> {
    const { sendLists } = await import('../../src/app/accounts/review-send.ts');
    const told = await sendLists(app, review, this.lang);
    const { sent, already, failed, nobody } = told;
    const lines = [
      ...sent.map((to) => `sent to ${to}`),
      ...already.map((to) => `not sent again to ${to}`),
      ...failed.map((one) => `not sent: ${one}`),
      ...nobody.map((whose) => `nobody to send to: ${whose}; write the list with --export`),
    ];
    return {
      exitCode: failed.length + nobody.length > 0 ? ExitCode.incomplete : ExitCode.success,
      json: { run: review.row.id, ...told },
      text: lines.map((line) => this.say(line)).join('\n'),
    };
  }

  async #list(app: App, review: Review): Promise<CommandResult> {
    const { tellReview } = await import('../../src/app/accounts/review-report.ts');
    return tellReview(app, review, {
      lang: this.lang,
      say: (english) => this.say(english),
      table: (columns, rows) => this.table(columns, rows),
    });
  }
}
