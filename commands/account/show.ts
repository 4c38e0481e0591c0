import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { accountReportFlags } from '../../src/cli/account-flags.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { usageError } from '../../src/core/errors.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import { localTimeZone } from '../../src/core/zoned-time.ts';

export default class AccountShow extends BaseCommand<typeof AccountShow> {
  static override summary = 'Show what a run found and did, or everything about a person or an account';
  static override description =
    `A run (id, name of its runbook, or latest) is shown from the record: its report, and of each account what was planned, decided, done, left and taken back.
A person (employee number, mail, login, name) or an account (login, DN) is looked at now: every source and directory is read, and told is who it is, where the accounts are, when they were last used, which rights they hold and which are due and why, and what earlier runs have done. Exit 3 when something could not be read: an account there would be missing. With --recorded nothing is read, and told is what the last audit and later runs have left in the record, and how old that is.`;
  static override examples = [
    '<%= config.bin %> account show latest',
    '<%= config.bin %> account show account-audit --format html --out accounts.html',
    '<%= config.bin %> account show zhangsan',
    '<%= config.bin %> account show 10023 --recorded',
    '<%= config.bin %> account show "uid=zhangsan,ou=people,dc=example,dc=com" --directory ldap',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.incomplete];
  static override args = {
    what: Args.string({ name: 'WHAT', description: 'a run, a person or an account', default: 'latest' }),
  };
  static override flags = {
    ...accountReportFlags,
    recorded: Flags.boolean({ description: 'of a person or an account: only what the record knows; read nothing' }),
    runbook: Flags.string({
      description: 'of a person or an account: the audit whose sources and directories are read; default account-audit',
      helpValue: 'RUNBOOK',
    }),
    input: Flags.string({
      char: 'i',
      multiple: true,
      default: [],
      description: 'input of that runbook',
      helpValue: 'NAME=VALUE',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { findAccountRun } = await import('../../src/app/accounts/show-run.ts');
    const found = await findAccountRun(app, this.args.what);
    // Awaited here: what the application has open must stay so until then.
    return found ? await this.#run(app, found) : await this.#look(app);
  }

  async #run(
    app: ReturnType<typeof openApp>,
    found: Parameters<typeof import('../../src/app/accounts/show-run.ts').loadShownRun>[1],
  ): Promise<CommandResult> {
    const { loadShownRun } = await import('../../src/app/accounts/show-run.ts');
    const { tellAccounts } = await import('../../src/app/accounts/report.ts');
    const { runEntriesText } = await import('../../src/app/accounts/show-text.ts');
    const { format, out, finding: findings, directory: directories } = this.flags;
    const shown = await loadShownRun(app, found, { findings, directories });
    const screen = this.reportScreen();
    const all = this.globals.verbose;
    const parts: string[] = [];
    if (this.globals.json && out === undefined) return { json: shown };
    if (shown.report) parts.push(await tellAccounts(shown.report, { format, out, findings, directories, all }, screen));
    else {
      if (format !== 'text' || out !== undefined)
        throw usageError('account-report-missing', `run ${shown.run} has compared no accounts, so there is no report`, {
          next: 'Leave --format and --out away.',
        });
      const title = `${shown.runbook}, ${this.say('run')} ${shown.run}, ${this.say(shown.status)}`;
      parts.push([title, ...(shown.message === null ? [] : [this.say(shown.message)])].join('\n'));
    }
    if (format === 'text' && out === undefined) {
      const entries = runEntriesText(shown, all, await this.#screen(app));
      if (entries !== '') parts.push('', entries);
    }
    return { json: shown, text: parts.join('\n') };
  }

  async #look(app: ReturnType<typeof openApp>): Promise<CommandResult> {
    const { lookAtAccounts } = await import('../../src/app/accounts/show.ts');
    const { lookText } = await import('../../src/app/accounts/show-text.ts');
    const { directory, recorded, runbook, input, format, out, finding } = this.flags;
    if (format !== 'text' || out !== undefined || finding.length > 0 || directory.length > 1)
      throw usageError('account-show-flags', `"${this.args.what}" is no run`, {
        next: '--format, --out, --finding and several --directory are of runs; --json gives a person or an account to scripts.',
      });
    using line = await this.statusLine();
    const look = await lookAtAccounts(app, {
      what: this.args.what,
      directory: directory[0],
      fresh: !recorded,
      runbook,
      inputs: input,
      told: (what) => line.show(this.say(what)),
    });
    line.show('');
    return {
      exitCode: look.fresh && look.unjudged.length > 0 ? ExitCode.incomplete : ExitCode.success,
      json: look,
      text: lookText(look, await this.#screen(app)),
    };
  }

  async #screen(app: ReturnType<typeof openApp>): Promise<import('../../src/app/accounts/show-text.ts').ShowScreen> {
    const { timeZone = localTimeZone() } = (await app.config()).settings;
    return { ...this.reportScreen(), nowMs: app.clock.nowMs(), timeZone };
  }
}
