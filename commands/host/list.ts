import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { selectorArg } from '../../src/cli/host-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class HostList extends BaseCommand<typeof HostList> {
  static override summary = 'List the hosts of the inventory';
  static override description =
    "Selectors are names, group:NAME or all, also with * and ?, several with commas between them; '!' before one leaves out what it names. Connects to nothing.";
  static override examples = [
    '<%= config.bin %> host list',
    "<%= config.bin %> host list group:web '!web3'",
    "<%= config.bin %> host list 'web*' --inventory hosts.ini --json",
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override strict = false;
  static override args = { selector: selectorArg };
  static override flags = {
    inventory: Flags.string({ description: 'inventory file; default that of the configuration', helpValue: 'FILE' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { addressOf, chosenHosts } = await import('../../src/app/host-commands.ts');
    const { targets } = await chosenHosts(app, this.given, this.flags.inventory);
    const columns = [
      { title: 'NAME', whole: true },
      { title: 'CONNECTION' },
      { title: 'ADDRESS' },
      { title: 'USER' },
      { title: 'GROUPS', flexible: true },
    ];
    const rows = targets.map((target) => [
      target.name,
      target.connection,
      addressOf(target),
      target.user ?? '',
      target.groups.join(', '),
    ]);
    return {
      json: targets.map(({ vars: _vars, password: _password, ...target }) => target),
      text: this.table(columns, rows),
    };
  }
}
