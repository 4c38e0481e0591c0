import { Args, type Config, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { splitAtDashes } from '../../src/cli/after-dashes.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { becomeFlag, hostFlags } from '../../src/cli/host-flags.ts';
import { laidOut } from '../../src/cli/render/laid-out.ts';
import { usageError } from '../../src/core/errors.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import { parseDuration } from '../../src/core/units.ts';

export default class HostRun extends BaseCommand<typeof HostRun> {
  static override summary = 'Run one command on hosts';
  static override description =
    `What follows -- reaches the program on each host unchanged, whatever it holds; no shell reads it, unless --shell says that its first word is a script for /bin/sh and the others are $1, $2. It is a run like any other, planned and journalled: "oaops runs show" has it, "oaops runs resume" tries the failed hosts again.
Selectors are those of host list. Hosts that said the same are shown together. Exit 0 when it went well on all hosts, 3 when on some, 1 when on none.`;
  static override examples = [
    '<%= config.bin %> host run all -- uptime',
    "<%= config.bin %> host run group:web '!web3' --become --yes -- systemctl reload nginx",
    "<%= config.bin %> host run 'web*' --shell --timeout 30s -- 'df -h \"$1\" | tail -1' /srv",
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.refused,
    ExitCode.waiting,
    ExitCode.sigint,
    ExitCode.sigterm,
  ];
  static override strict = false;
  static override args = { selector: Args.string({ name: 'SELECTOR', description: 'which hosts', required: true }) };
  static override flags = {
    ...hostFlags({ parallel: 50 }),
    timeout: Flags.string({ description: 'end the command on a host after this time', helpValue: 'TIME' }),
    shell: Flags.boolean({ description: 'the first word is a script for /bin/sh, the others are its $1, $2' }),
    become: becomeFlag,
    'dry-run': Flags.boolean({ description: 'print the plan and do nothing' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask before changes' }),
  };
  readonly #command: string[] | undefined;

  constructor(argv: string[], config: Config) {
    const { before, after } = splitAtDashes(argv);
    super(before, config);
    this.#command = after;
  }

  protected override async execute(): Promise<CommandResult> {
    const argv = this.#command ?? [];
    if (argv[0] === undefined || argv[0] === '')
      throw usageError('command-missing', 'no command is given', {
        next: 'Write it after --: host run web1 -- uptime',
      });
    await using app = openApp(this.globals);
    const { parallel, timeout, shell, become, inventory } = this.flags;
    const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout);
    const [{ chosenHosts }, host] = await Promise.all([
      import('../../src/app/host-commands.ts'),
      import('../../src/app/host-run.ts'),
    ]);
    const { targets, sources } = await chosenHosts(app, this.given, inventory);
    const prepared = await host.planHostCommand(app, targets, sources, { argv, shell, become, parallel, timeoutMs });
    if (this.flags['dry-run']) return { json: prepared.plan, text: laidOut(prepared.text(this.lang)) };
    using counter = await this.counter(targets.length);
    const ended = await host.runHostCommand(app, prepared, {
      lang: this.lang,
      renderer: async () => (this.globals.json ? this.renderer(app) : { sink: host.warningsOnly(app) }),
      ...this.asking(),
      askBefore: !this.flags.yes,
      onEnd: counter.more,
    });
    return {
      exitCode: ended.end.exitCode,
      ...(this.globals.json ? {} : { text: host.hostRunText(this.lang, ended) }),
    };
  }
}
