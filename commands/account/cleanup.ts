import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inputFlags, startFlags } from '../../src/cli/plan-flags.ts';
import { laidOut } from '../../src/cli/render/laid-out.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class AccountCleanup extends BaseCommand<typeof AccountCleanup> {
  static override summary = 'Disable, hold and later delete the accounts of leavers and other findings';
  static override description =
    `Everything is read first; the plan names every account and every change. Old values are in the record before anything changes, and "oaops account undo" puts them back. What is deleted was disabled by an earlier run and held as long as the runbook says.
More changes than the cap need a second person's approval; protected accounts are never touched. Where the list has to be signed it asks at the terminal; without one it waits (exit 6) until "oaops account review". Exit 3 when an account was left as it is because something has changed since the plan was made.`;
  static override examples = [
    '<%= config.bin %> account cleanup --dry-run',
    '<%= config.bin %> account cleanup ./leavers.yaml --yes',
    '<%= config.bin %> account cleanup account-cleanup --confirm account-cleanup',
  ];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    runbook: Args.string({
      name: 'RUNBOOK',
      description: 'name of an account review, or a file; default account-cleanup',
    }),
  };
  static override flags = { ...inputFlags, ...startFlags };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { prepareAccounts } = await import('../../src/app/accounts/run.ts');
    const { unattendedBy } = await import('../../src/app/run-command.ts');
    const { carryOut } = await import('../../src/app/accounts/carry-out.ts');
    const { input, plan: planFile, confirm } = this.flags;
    const prepared = await prepareAccounts(app, ['cleanup'], {
      runbook: this.args.runbook ?? (planFile === undefined ? 'account-cleanup' : undefined),
      inputs: input,
      inputsFile: this.flags['inputs-file'],
      planFile,
      ...unattendedBy(this.flags, this.asking()),
    });
    if (this.flags['dry-run']) return { json: prepared.plan, text: laidOut(prepared.text(this.lang)) };
    const { end, json, text } = await carryOut(app, prepared, {
      lang: this.lang,
      confirm,
      renderer: () => this.renderer(app),
      ...this.asking(),
      askBefore: !this.flags.yes,
    });
    return { exitCode: end.exitCode, ...(this.globals.json ? { json } : { text: this.prose(text) }) };
  }
}
