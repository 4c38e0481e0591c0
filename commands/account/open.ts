import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inputFlags, startFlags } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class AccountOpen extends BaseCommand<typeof AccountOpen> {
  static override summary = 'Open accounts for a new person, with the rights of the role and nothing else';
  static override description =
    `The person must stand in a roster, employed or beginning within 30 days, and have no account yet. The rights are those that the role matrix gives to department and post; --dry-run tells which row gives which right. The head of the person approves first, by "oaops approve", unless the company says otherwise ("opening.approval").
The one-time password goes by mail to whom the company says, or is shown once at the terminal; it is kept nowhere. When it does not get there the account is removed again. With --request everybody in the list is looked at before anything is made: one person for whom something stands against it, and nobody gets an account.`;
  static override examples = [
    '<%= config.bin %> account open --person E1042 --dry-run',
    '<%= config.bin %> account open --person E1042 --login zhang.san2',
    '<%= config.bin %> account open --person X77 --until 2026-12-31 --yes',
    '<%= config.bin %> account open --request newcomers.csv',
  ];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    runbook: Args.string({
      name: 'RUNBOOK',
      description: 'name of an account review, or a file; default account-opening',
    }),
  };
  static override flags = {
    person: Flags.string({ description: 'employee number', helpValue: 'ID', exclusive: ['request'] }),
    request: Flags.string({
      description: 'list of several people (CSV or XLSX), with the columns of a roster',
      helpValue: 'FILE',
      exclusive: ['login', 'until'],
    }),
    login: Flags.string({ description: 'the login, where the usual one is taken', helpValue: 'NAME' }),
    until: Flags.string({ description: 'last day of a temporary account', helpValue: 'DATE' }),
    ...inputFlags,
    ...startFlags,
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { runForPerson } = await import('../../src/app/accounts/person-command.ts');
    const { person, request, login, until } = this.flags;
    return await runForPerson(app, 'open', {
      runbook: this.args.runbook,
      fallback: 'account-opening',
      named: { person, request, login, until },
      flags: this.flags,
      show: { lang: this.lang, renderer: () => this.renderer(app), ...this.asking() },
      prose: (text) => this.prose(text),
    });
  }
}
