import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { giveUpFlag, hostFlags, selectorArg } from '../../src/cli/host-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import { formatDuration, parseDuration } from '../../src/core/units.ts';

export default class HostPing extends BaseCommand<typeof HostPing> {
  static override summary = 'Log in to hosts and say which of them answer';
  static override description =
    'Opens a connection as runs do, with the host key verified, and runs nothing there but "true" by /bin/sh. Selectors are those of host list. Exit 0 when all answer, 3 when some do, 1 when none does.';
  static override examples = [
    '<%= config.bin %> host ping',
    '<%= config.bin %> host ping group:web --parallel 50 --timeout 5s',
    '<%= config.bin %> host ping web1,web2 --inventory hosts.ini --json',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.sigint,
    ExitCode.sigterm,
  ];
  static override strict = false;
  static override args = { selector: selectorArg };
  static override flags = {
    ...hostFlags({ parallel: 20 }),
    timeout: giveUpFlag('20s'),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const timeoutMs = parseDuration(this.flags.timeout);
    const [{ chosenHosts, pingExitCode, pingHosts }, { stopSignals }] = await Promise.all([
      import('../../src/app/host-commands.ts'),
      import('../../src/app/signals.ts'),
    ]);
    const { targets } = await chosenHosts(app, this.given, this.flags.inventory);
    using signals = stopSignals();
    using counter = await this.counter(targets.length);
    const { parallel } = this.flags;
    const pinged = await pingHosts(app, targets, { parallel, timeoutMs, stop: signals.stop, onEnd: counter.more });
    const columns = [
      { title: 'NAME', whole: true },
      { title: 'STATE' },
      { title: 'DURATION', align: 'right' as const },
      { title: 'WHY', flexible: true },
    ];
    const rows = pinged.map(({ name, state, durationMs, message = '', next = '' }) => [
      name,
      this.say(state.replaceAll('-', ' ')),
      formatDuration(durationMs),
      [message, next]
        .filter(Boolean)
        .map((line) => this.say(line))
        .join('\n'),
    ]);
    return { exitCode: pingExitCode(pinged), json: pinged, text: this.table(columns, rows) };
  }
}
