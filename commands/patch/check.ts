import { type Config, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { splitAtDashes } from '../../src/cli/after-dashes.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { becomeFlag, giveUpFlag, hostFlags, selectorArg } from '../../src/cli/host-flags.ts';
import { text } from '../../src/cli/texts/texts.ts';
import { usageError } from '../../src/core/errors.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import { parseDuration } from '../../src/core/units.ts';

type Checks = import('../../src/app/patch-check.ts').DatedCheck[];

export default class PatchCheck extends BaseCommand<typeof PatchCheck> {
  static override summary = 'Look which updates hosts have pending, those for security first';
  static override description =
    `Asks the package manager of each host (apt, dnf, yum, zypper) over the connection that runs use, in one go; nothing is installed there and, without --refresh, no package list is fetched: LIST AGE tells how old they are. Severity and CVE are told where the package manager knows them, and are ? where it does not. With --manager npm or pip the command after -- is run instead and its JSON is read.
It is a run like any other, and the result is kept in the record: --last shows it again without asking the hosts. NEW counts what was not pending at the check before. Selectors are those of host list.
Exit 0 when every host gave an answer, whatever is pending; 3 when some could not be judged, 1 when none could.`;
  static override examples = [
    '<%= config.bin %> patch check',
    '<%= config.bin %> patch check group:web localhost --refresh --become --json',
    '<%= config.bin %> patch check --last --verbose',
    '<%= config.bin %> patch check web1 --manager npm -- npm outdated --json --global',
    '<%= config.bin %> patch check web1 --manager pip -- pip list --outdated --format json',
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
    last: Flags.boolean({
      description: 'show the last check of the record; connect to nothing',
      exclusive: ['refresh'],
    }),
    manager: Flags.option({
      description: 'package manager; auto: the one of the host; npm and pip: by the command after --',
      options: ['auto', 'apt', 'dnf', 'yum', 'zypper', 'npm', 'pip'] as const,
      default: 'auto' as const,
    })(),
    refresh: Flags.boolean({ description: 'have the hosts fetch their package lists first, which needs root' }),
    become: becomeFlag,
    timeout: giveUpFlag('3m'),
  };
  readonly #command: string[] | undefined;

  constructor(argv: string[], config: Config) {
    const { before, after } = splitAtDashes(argv);
    super(before, config);
    this.#command = after;
  }

  protected override async execute(): Promise<CommandResult> {
    const { manager, refresh, become, parallel, inventory, last } = this.flags;
    const argv = this.#command ?? [];
    if (!last && ['npm', 'pip'].includes(manager) !== argv.length > 0)
      throw usageError('command-mismatch', '--manager npm or pip and a command after -- belong together', {
        next: 'Write both, or neither: patch check web1 --manager npm -- npm outdated --json',
      });
    if (refresh && argv.length > 0)
      throw usageError('refresh-of-command', 'a command of your own has no package lists to refresh', {
        next: 'Leave --refresh out.',
      });
    await using app = openApp(this.globals);
    const timeoutMs = parseDuration(this.flags.timeout);
    const [{ chosenHosts }, check] = await Promise.all([
      import('../../src/app/host-commands.ts'),
      import('../../src/app/patch-check.ts'),
    ]);
    const { targets, sources } = await chosenHosts(app, this.given, inventory);
    if (last) {
      const names = targets.map(({ name }) => name);
      const checks = await check.lastChecks(app, names, manager);
      const exitCode = check.checkExitCode(checks);
      return { exitCode, json: { run: null, hosts: checks }, text: await this.#report(checks) };
    }
    const request = { manager, argv, refresh, become, parallel, timeoutMs };
    const prepared = await check.planCheck(app, targets, sources, request);
    using counter = await this.counter(targets.length);
    const { end, checks } = await check.runCheck(app, prepared, request, { lang: this.lang, onEnd: counter.more });
    const { run, exitCode } = end;
    return { exitCode, json: { run, hosts: checks }, text: `${await this.#report(checks)}\n\n${run}` };
  }

  /** Hosts, then why some are unknown, then the updates: those for security, all of them with --verbose. */
  async #report(checks: Checks): Promise<string> {
    const rows = await import('../../src/updates/rows.ts');
    const word = (name: import('../../src/updates/rows.ts').CheckWord) => text(this.lang, `check.${name}`);
    const why = checks.flatMap(({ host, status, reason, next }) =>
      status === 'unknown' ? [`${host}: ${this.say(reason ?? '')}${next === null ? '' : `\n  ${this.say(next)}`}`] : [],
    );
    const all = this.globals.verbose;
    const updates = rows.updateRows(checks, all, word);
    const others = checks.some(({ updates: each }) => each.some(({ security }) => security !== true));
    const remarks = rows.remarksOn(checks).map((remark) => this.say(remark));
    const parts = [this.table(rows.hostColumns, rows.hostRows(checks, word)), ...why, ...remarks];
    if (updates.length > 0) parts.push('', this.table(rows.updateColumns, updates));
    if (!all && others) parts.push('', text(this.lang, 'check.more'));
    return parts.join('\n');
  }
}
