import { Flags } from '@oclif/core';
import { stopSignals } from '../../src/app/signals.ts';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import { parseDuration } from '../../src/core/units.ts';

export default class BackupPrune extends BaseCommand<typeof BackupPrune> {
  static override summary = 'Remove snapshots that no rule keeps, and what only they needed';
  static override description =
    'Rules count for each host and runbook by itself. The newest snapshot, the last good and the last verified one, and pinned ones stay whatever the rules say. Contents are deleted in two steps: marked now, deleted by the first prune after the grace. Without rules only contents that no snapshot needs go. Needs no private key, but the right to delete.';
  static override examples = [
    '<%= config.bin %> backup prune --repo main --keep-within 30d --dry-run',
    '<%= config.bin %> backup prune --repo main --keep-daily 14 --keep-monthly 12 --confirm main',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.refused,
    ExitCode.repositoryMissing,
    ExitCode.lockHeld,
  ];
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    'keep-within': Flags.string({
      description: 'keep all of this long before the newest, such as 30d',
      helpValue: 'TIME',
    }),
    'keep-last': Flags.integer({ description: 'keep the last N', min: 1, helpValue: 'N' }),
    'keep-hourly': Flags.integer({ description: 'keep one of each of the last N hours', min: 1, helpValue: 'N' }),
    'keep-daily': Flags.integer({ description: 'keep one of each of the last N days', min: 1, helpValue: 'N' }),
    'keep-weekly': Flags.integer({ description: 'keep one of each of the last N weeks', min: 1, helpValue: 'N' }),
    'keep-monthly': Flags.integer({ description: 'keep one of each of the last N months', min: 1, helpValue: 'N' }),
    'keep-yearly': Flags.integer({ description: 'keep one of each of the last N years', min: 1, helpValue: 'N' }),
    'time-zone': Flags.string({
      description: 'whose days count; default: that of the configuration',
      helpValue: 'ZONE',
    }),
    host: Flags.string({ description: 'the rules are for snapshots of this host only', helpValue: 'NAME' }),
    runbook: Flags.string({ description: 'the rules are for snapshots of this runbook only', helpValue: 'NAME' }),
    remove: Flags.string({ multiple: true, description: 'remove this snapshot too', helpValue: 'SNAPSHOT' }),
    grace: Flags.string({ description: 'time between mark and deletion', default: '20h', helpValue: 'TIME' }),
    'dry-run': Flags.boolean({ char: 'n', description: 'only show what would be done, and why' }),
    confirm: Flags.string({ description: 'name of the repository, to remove for good', helpValue: 'NAME' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    using signals = stopSignals();
    const [{ pruneRepository }, { pruneRequestOf, refuseUnconfirmedPrune }, report, { AdHoc, warnOnStderr }, door] =
      await Promise.all([
        import('../../src/backup/prune/prune.ts'),
        import('../../src/backup/prune/request.ts'),
        import('../../src/backup/prune/report.ts'),
        import('../../src/app/ad-hoc.ts'),
        app.backup(),
      ]);
    const { flags } = this;
    const within = flags['keep-within'];
    const words = {
      repo: flags.repo,
      rules: {
        keepWithin: within === undefined ? undefined : parseDuration(within),
        keepLast: flags['keep-last'],
        keepHourly: flags['keep-hourly'],
        keepDaily: flags['keep-daily'],
        keepWeekly: flags['keep-weekly'],
        keepMonthly: flags['keep-monthly'],
        keepYearly: flags['keep-yearly'],
      },
      timeZone: flags['time-zone'] ?? (await door.timeZone()),
      host: flags.host,
      runbook: flags.runbook,
      remove: flags.remove,
      graceMs: parseDuration(flags.grace),
      dryRun: flags['dry-run'],
    };
    const names = flags.repo ?? [app.env['OAOPS_REPO'] ?? ''];
    const request = await pruneRequestOf(door, words, (id) => {
      if (!flags['dry-run']) refuseUnconfirmedPrune(flags.confirm, names, id);
    });
    const journal = new AdHoc(app, 'backup.prune', warnOnStderr(app));
    const onProgress = (message: string) => this.globals.verbose && process.stderr.write(`${this.say(message)}\n`);
    const work = () => pruneRepository(request, { ...door, onProgress, signal: signals.stop });
    const result = request.dryRun
      ? await work()
      : await journal.run(request.repos, { rules: request.rules, remove: request.remove }, work, () => undefined);
    if (!request.dryRun) await journal.ended(result.repositoryId, report.pruneFacts(result), report.pruneTopic);
    for (const warning of result.warnings) this.warn(warning);
    const tables = report.pruneTables(result, (english) => this.say(english));
    const shown = tables.map(
      ({ location, rows }) => `${location ? `${location}\n` : ''}${this.table(report.pruneColumns, rows)}`,
    );
    const text = `${shown.join('\n')}\n${this.say(report.pruneText(result, app.clock.nowMs()))}`;
    return { exitCode: result.exitCode, json: report.pruneJson(result), text };
  }
}
