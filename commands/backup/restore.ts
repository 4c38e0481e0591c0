import { Args, type Config, Flags } from '@oclif/core';
import { stopSignals } from '../../src/app/signals.ts';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { loadFlags } from '../../src/cli/load-flags.ts';
import { withOptionalValue } from '../../src/cli/optional-value.ts';
import { restoreFlags } from '../../src/cli/restore-flags.ts';
import { text } from '../../src/cli/texts/texts.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupRestore extends BaseCommand<typeof BackupRestore> {
  static override summary = 'Restore a snapshot, or a part of it, into an empty folder or in place';
  static override description =
    'Files get their full path below the target: /etc/hosts becomes TARGET/etc/hosts. An empty folder gets everything; --in-place changes a folder, or the machine itself, into what was stored, and writes only what differs. No content is written whose sha256 is not right. A restore that was interrupted goes on when the same command is run again. What one leg of the repository cannot give comes from another; what none has is named, and the rest is restored (exit 3).';
  static override examples = [
    '<%= config.bin %> backup restore latest --repo /srv/backup --target /srv/restored --identity key.txt',
    '<%= config.bin %> backup restore 20261122T180512Z --repo s3://oa-backup/main --target ./out --include /srv/oa/contracts',
    '<%= config.bin %> backup restore latest --repo /srv/backup --as postgres --source oa-db --database oa_scratch --identity key.txt',
    '<%= config.bin %> backup restore latest --repo /srv/backup --in-place --include /srv/oa/conf --delete --dry-run',
    '<%= config.bin %> backup restore latest --repo /srv/backup --target ssh://oa-2/srv/restored --identity key.txt',
    '<%= config.bin %> backup restore --at 2026-11-20T12:00 --host oa-1 --repo /srv/backup --target ./out --identity key.txt',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.refused,
    ExitCode.verificationFailed,
    ExitCode.repositoryMissing,
    ExitCode.lockHeld,
    ExitCode.wrongKey,
  ];
  static override args = { snapshot: Args.string({ description: 'id, part of one, or latest', default: 'latest' }) };
  static override flags = {
    ...restoreFlags,
    ...loadFlags,
    'no-lock': Flags.boolean({ description: 'take no lease, and read on while a prune works' }),
  };

  constructor(argv: string[], config: Config) {
    super(withOptionalValue(argv, 'delta', ['time', 'content']), config);
  }

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    using signals = stopSignals();
    if (this.flags.as !== undefined) {
      const { loadCommand } = await import('../../src/app/load-dump.ts');
      // Awaited here: app and signals are given back when this function ends.
      return await loadCommand(app, { ...this.flags, snapshot: this.args.snapshot }, signals.stop);
    }
    const [
      { withAllLegs },
      { restoreSnapshot },
      { restoreJson, restoreText },
      { AdHoc, warnOnStderr },
      door,
      { restoreRequest },
    ] = await Promise.all([
      import('../../src/backup/with-repository.ts'),
      import('../../src/backup/restore/restore.ts'),
      import('../../src/backup/restore/report.ts'),
      import('../../src/app/ad-hoc.ts'),
      app.backup(),
      import('../../src/app/restore-request.ts'),
    ]);
    const { repo, identity, 'no-lock': noLock } = this.flags;
    const { request, place, remote } = await restoreRequest(app, this.args.snapshot, this.flags, signals.stop);
    if (remote) {
      const { remoteCommand } = await import('../../src/app/remote-restore.ts');
      const { text, ...done } = await remoteCommand(app, { repo, identity, noLock }, { request, place, remote });
      return { ...done, text: this.say(text) };
    }
    using screen = await this.progress(app.clock);
    const work = () =>
      withAllLegs(door, { repo, identity, readsContent: true, lease: noLock ? undefined : 'restore' }, (repository) =>
        restoreSnapshot(repository, request, {
          ...place,
          onProgress: ({ bytesDone, bytesTotal }) => screen.show({ bytesDone, bytesTotal, current: request.target }),
        }),
      );
    const journal = new AdHoc(app, 'backup.restore', warnOnStderr(app));
    const repos = await door.repos(repo);
    const { ownerMap: _map, ...details } = request;
    const result = await journal.run(repos, details, work, ({ snapshot, problems, changes: _changes, ...facts }) => ({
      key: snapshot,
      facts: { ...facts, problems: problems.length },
    }));
    screen.clear();
    for (const warning of this.globals.json ? [] : result.warnings) this.warn(warning);
    return {
      exitCode: result.exitCode,
      json: restoreJson(result),
      text: this.say(restoreText(result, (action) => text(this.lang, `restore.${action}`))),
    };
  }
}
