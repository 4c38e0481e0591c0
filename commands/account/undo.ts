import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { laidOut } from '../../src/cli/render/laid-out.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class AccountUndo extends BaseCommand<typeof AccountUndo> {
  static override summary = 'Put accounts back to what they were before a run changed them';
  static override description =
    'Every attribute, group and place that the run had changed is as it was. What somebody else has changed since stays as they left it, and is told (exit 3). It is a run of its own, and can be started again.';
  static override examples = [
    '<%= config.bin %> account undo latest --dry-run',
    '<%= config.bin %> account undo 20261122T180512Z-1a2b3c4d --account zhangsan',
    '<%= config.bin %> account undo account-cleanup --directory ldap --yes',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.refused,
    ExitCode.lockHeld,
    ExitCode.sigint,
    ExitCode.sigterm,
  ];
  static override args = {
    run: runArg,
  };
  static override flags = {
    account: Flags.string({
      multiple: true,
      default: [],
      description: 'only these: logins or names, with * and ?',
      helpValue: 'ACCOUNT',
    }),
    directory: Flags.string({ description: 'only accounts of this directory', helpValue: 'ID' }),
    'dry-run': Flags.boolean({ description: 'print the plan and do nothing' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask before changes' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { carryOutUndo, prepareUndo } = await import('../../src/app/accounts/undo.ts');
    const { account, directory } = this.flags;
    const prepared = await prepareUndo(app, { run: this.args.run, only: account, directory });
    if (this.flags['dry-run']) return { json: prepared.plan, text: laidOut(prepared.text(this.lang)) };
    const { end, json, text } = await carryOutUndo(app, prepared, {
      lang: this.lang,
      renderer: () => this.renderer(app),
      ...this.asking(),
      askBefore: !this.flags.yes,
    });
    return { exitCode: end.exitCode, ...(this.globals.json ? { json } : { text: this.prose(text) }) };
  }
}
