import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inputFlags, startFlags } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class AccountChange extends BaseCommand<typeof AccountChange> {
  static override summary = 'Bring the rights of somebody who was transferred to what the new role asks for';
  static override description =
    `Rights beyond the new department and post are taken away, rights that are missing are given, and the account shows the new department and post, where the directory keeps them. Only rights that the role matrix speaks of are touched. Where rights are given the new head approves first, by "oaops approve", unless the company says otherwise ("opening.approval").
With --all: everybody whose account shows another department or post than the roster. Old values are in the record; "oaops account undo" puts them back. Exit 3 when something was left alone or a directory did not answer.`;
  static override examples = [
    '<%= config.bin %> account change --person E1042 --dry-run',
    '<%= config.bin %> account change --person E1042 --yes',
    '<%= config.bin %> account change --all',
  ];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    runbook: Args.string({
      name: 'RUNBOOK',
      description: 'name of an account review, or a file; default account-transfer',
    }),
  };
  static override flags = {
    person: Flags.string({ description: 'employee number', helpValue: 'ID' }),
    all: Flags.boolean({
      description: 'everybody whose account shows another department or post than the roster',
      exclusive: ['person'],
    }),
    ...inputFlags,
    ...startFlags,
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { runForPerson } = await import('../../src/app/accounts/person-command.ts');
    return await runForPerson(app, 'change', {
      runbook: this.args.runbook,
      fallback: 'account-transfer',
      named: { person: this.flags.all ? 'all' : this.flags.person },
      flags: this.flags,
      show: { lang: this.lang, renderer: () => this.renderer(app), ...this.asking() },
      prose: (text) => this.prose(text),
    });
  }
}
