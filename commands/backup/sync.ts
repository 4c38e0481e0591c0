import { Flags } from '@oclif/core';
import { stopSignals } from '../../src/app/signals.ts';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupSync extends BaseCommand<typeof BackupSync> {
  static override summary = 'Bring the legs of a repository to the same state';
  static override description =
    'Copies to each leg the snapshots that another leg has, newest first, without a private key. Every object is compared with its sha256 on the way; what is damaged is never copied, and comes from another leg. A snapshot that prune removed from a leg is not copied back there. It can be ended at any time and goes on when run again. With --init, a leg that has no repository yet gets one: this is how a leg is added.';
  static override examples = [
    '<%= config.bin %> backup sync --repo main',
    '<%= config.bin %> backup sync --repo /srv/backup --repo s3://oa-backup/main --dry-run',
    '<%= config.bin %> backup sync --repo /srv/backup --repo /mnt/new-disk --to /mnt/new-disk --init',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.refused,
    ExitCode.repositoryMissing,
    ExitCode.lockHeld,
    ExitCode.sigint,
    ExitCode.sigterm,
  ];
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    from: Flags.string({ description: 'copy from this leg only', helpValue: 'LEG' }),
    to: Flags.string({ description: 'copy to this leg only', helpValue: 'LEG' }),
    init: Flags.boolean({ description: 'make the repository on legs that have none yet' }),
    'dry-run': Flags.boolean({ description: 'only say what would be copied' }),
    'spool-dir': Flags.string({ description: 'folder for objects on their way', helpValue: 'DIR' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    using signals = stopSignals();
    const [{ syncRepository }, { syncText }, { syncProgress }, { AdHoc, warnOnStderr }, door] = await Promise.all([
      import('../../src/backup/sync/sync.ts'),
      import('../../src/backup/sync/report.ts'),
      import('../../src/backup/sync/progress.ts'),
      import('../../src/app/ad-hoc.ts'),
      app.backup(),
    ]);
    const { repo, from, to, init, 'dry-run': dryRun, 'spool-dir': spoolDir } = this.flags;
    const repos = await door.repos(repo);
    const warn = warnOnStderr(app);
    const [source, target] = await Promise.all([door.legNamed(from, repo), door.legNamed(to, repo)]);
    const request = { repos, from: source, to: target, init, dryRun, spoolDir };
    using screen = await this.progress(app.clock);
    const say = (english: string) => this.say(english);
    const onProgress = syncProgress({ ...this.globals, clock: app.clock, stream: process.stderr, screen, say });
    const place = { ...door, signal: signals.kill, stopping: signals.stop, onProgress, onWarning: warn };
    const work = () => syncRepository(request, place);
    const journal = new AdHoc(app, 'backup.sync', warn);
    const result = dryRun
      ? await work()
      : await journal.run(repos, { from, to, init }, work, ({ repositoryId, legs }) => ({
          key: repositoryId,
          facts: { legs },
        }));
    const { exitCode, ...report } = result;
    screen.clear();
    return { exitCode, json: report, text: this.say(syncText(result)) };
  }
}
