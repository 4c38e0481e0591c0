import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inputFlags, startFlags } from '../../src/cli/plan-flags.ts';
import { OaopsError, usageError } from '../../src/core/errors.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class AccountRevoke extends BaseCommand<typeof AccountRevoke> {
  static override summary = 'Close every account of somebody who leaves, at once';
  static override description =
    `In every directory and on every host the accounts are disabled, lose their rights, sessions, keys and jobs, and are moved to the hold area, where there is one. Protected accounts, and those that may be somebody else's, are left alone and told (exit 3). A directory that does not answer does not keep the others open: exit 3 names what is still to be done, and the next run does it.
Somebody who is employed according to the roster is only revoked with --reason, and with --yes or an answer at the terminal. With --reason it goes on without a source, too: then accounts are known by the employee number that they carry, and by nothing else. With --leavers: everybody whose last day is over, within the caps of the company. Old values are in the record; "oaops account undo" puts them back.`;
  static override examples = [
    '<%= config.bin %> account revoke --person E1042',
    '<%= config.bin %> account revoke --person E1042 --reason "dismissed today, the roster follows tomorrow" --yes',
    '<%= config.bin %> account revoke --leavers --dry-run',
  ];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    runbook: Args.string({
      name: 'RUNBOOK',
      description: 'name of an account review, or a file; default account-leaver',
    }),
  };
  static override flags = {
    person: Flags.string({ description: 'employee number', helpValue: 'ID' }),
    leavers: Flags.boolean({ description: 'everybody whose last day is over', exclusive: ['person', 'reason'] }),
    reason: Flags.string({
      description: 'why, where the roster does not say that the person has left; it is kept with the run',
      helpValue: 'TEXT',
    }),
    ...inputFlags,
    ...startFlags,
  };

  protected override async execute(): Promise<CommandResult> {
    const { person, leavers, reason, yes } = this.flags;
    const asking = this.asking();
    const { input, plan } = this.flags;
    // A runbook may mean all leavers where nobody is named: here somebody has to say so.
    if (person === undefined && !leavers && plan === undefined && !input.some((one) => one.startsWith('person=')))
      throw usageError('person-missing', 'nobody is named whose accounts are to be revoked', {
        next: 'Give --person ID, or --leavers for everybody whose last day is over.',
      });
    if (reason !== undefined && !yes && !this.flags['dry-run'] && !asking.prompts)
      throw new OaopsError(
        'confirmation-needed',
        'somebody has to agree to a revocation that the roster does not ask for',
        {
          exitCode: ExitCode.refused,
          next: 'Run it at a terminal, or add --yes.',
        },
      );
    await using app = openApp(this.globals);
    const { runForPerson } = await import('../../src/app/accounts/person-command.ts');
    return await runForPerson(app, 'revoke', {
      runbook: this.args.runbook,
      fallback: 'account-leaver',
      named: { person: leavers ? 'leavers' : person, reason },
      flags: this.flags,
      show: { lang: this.lang, renderer: () => this.renderer(app), ...asking },
      prose: (text) => this.prose(text),
    });
  }
}
