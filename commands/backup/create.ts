import { Args, Flags } from '@oclif/core';
import { stopSignals } from '../../src/app/signals.ts';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { excludeFlags } from '../../src/cli/exclude-flags.ts';
import { guardFlags, guardsOf } from '../../src/cli/guard-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupCreate extends BaseCommand<typeof BackupCreate> {
  static override summary = 'Back up files and folders';
  static override description =
    'Only what changed since the last backup of the same paths is read and stored. With --json, the messages of restic: status, error, summary, exit_error. The identity is only needed when the local cache was lost.';
  static override examples = [
    '<%= config.bin %> backup create /srv/oa --repo /srv/backup',
    '<%= config.bin %> backup create /srv/oa /etc --repo /srv/backup --repo s3://oa-backup/main --exclude "*.tmp"',
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
  static override strict = false;
  static override args = { path: Args.string({ description: 'files and folders to back up', name: 'PATH' }) };
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    identity: Flags.string({ char: 'i', description: 'private age key; also OAOPS_IDENTITY_FILE', helpValue: 'FILE' }),
    ...excludeFlags,
    rehash: Flags.boolean({ description: 'read every file again, also those that look unchanged' }),
    tag: Flags.string({ multiple: true, description: 'label of the snapshot', helpValue: 'TAG' }),
    host: Flags.string({ description: 'host name of the snapshot; default: that of this machine', helpValue: 'NAME' }),
    ...guardFlags,
    'spool-dir': Flags.string({ description: 'folder for packs that are not stored yet', helpValue: 'DIR' }),
    level: Flags.integer({ description: 'zstd level', min: 1, max: 19, helpValue: '1-19' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    using signals = stopSignals();
    const [{ runBackup }, { argumentBytes }, { backupShow }, { AdHoc }, door] = await Promise.all([
      import('../../src/backup/create/backup-job.ts'),
      import('../../src/backup/scan/argument-bytes.ts'),
      import('../../src/backup/show.ts'),
      import('../../src/app/ad-hoc.ts'),
      app.backup(),
    ]);
    const { repo, identity, host, level, 'spool-dir': spoolDir, ...flags } = this.flags;
    using screen = await this.progress(app.clock);
    const show = backupShow({
      ...this.globals,
      screen,
      clock: app.clock,
      say: (english) => this.say(english),
      warn: (message) => this.warn(message),
    });
    // Awaited here: the signals and the record are given back when this function ends.
    return await show.run(async (hooks) => {
      const words = await this.words();
      const repos = await door.repos(repo);
      const keys = await door.identities(identity, repo);
      const request = {
        paths: argumentBytes(words),
        repos,
        cwd: process.cwd(),
        exclude: flags.exclude ?? [],
        excludeFile: flags['exclude-file'] ?? [],
        excludeIfPresent: flags['exclude-if-present'] ?? [],
        excludeCaches: flags['exclude-caches'],
        oneFileSystem: flags['one-file-system'],
        rehash: flags.rehash,
        tags: flags.tag ?? [],
        ...guardsOf(flags),
        ...(host ? { host } : {}),
        ...(level ? { level } : {}),
        ...(spoolDir ? { spoolDir } : {}),
      };
      const journal = new AdHoc(app, 'backup.create', hooks.onWarning);
      const anchor = journal.anchorAfter(door);
      const place = { ...door, ...hooks, anchor, keys, signal: signals.kill, stopping: signals.stop };
      const work = () => runBackup(request, place);
      const result = await journal.run(repos, { paths: words }, work, () => undefined);
      return { ...result, warnings: [...journal.warnings, ...result.warnings] };
    });
  }

  /** All positional words; oclif's typed args hold only the first. */
  private async words(): Promise<string[]> {
    const { argv } = await this.parse(BackupCreate);
    return argv.map(String);
  }
}
