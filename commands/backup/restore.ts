import { Args, type Config, Flags } from '@oclif/core';
import { stopSignals } from '../../src/app/signals.ts';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { loadFlags } from '../../src/cli/load-flags.ts';
import { withOptionalValue } from '../../src/cli/optional-value.ts';
import { snapshotFlags } from '../../src/cli/snapshot-flags.ts';
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
    repo: Flags.string({
      char: 'r',
      multiple: true,
      multipleNonGreedy: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    identity: Flags.string({ char: 'i', description: 'private age key; also OAOPS_IDENTITY_FILE', helpValue: 'FILE' }),
    target: Flags.string({
      char: 't',
      description: 'empty or new folder, also ssh://HOST/DIR; with --in-place any folder, default /',
      exclusive: ['as'],
      helpValue: 'DIR',
    }),
    include: Flags.string({ multiple: true, description: 'only what matches', helpValue: 'PATTERN' }),
    exclude: Flags.string({ char: 'e', multiple: true, description: 'not what matches', helpValue: 'PATTERN' }),
    owners: Flags.string({
      description: 'owners by number, by name, or not at all; default numbers as root, none otherwise',
      options: ['numbers', 'names', 'none'],
    }),
    usermap: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'another owner: names or numbers, * for everybody else',
      helpValue: 'OLD=NEW',
    }),
    groupmap: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'another group: names or numbers, * for every other one',
      helpValue: 'OLD=NEW',
    }),
    'owner-map': Flags.string({ description: 'lines "user OLD=NEW" and "group OLD=NEW"', helpValue: 'FILE' }),
    'in-place': Flags.boolean({ description: 'change what is in the target into what was stored' }),
    delta: Flags.string({
      description: 'in place, what decides that a file is not written: content, or with --delta alone size and time',
      options: ['content', 'time'],
    }),
    delete: Flags.boolean({
      description: 'in place, also remove what the snapshot does not have; needs --confirm',
    }),
    confirm: Flags.string({
      description: 'the name of the target, for --delete; with --as, of a database to remove first',
      helpValue: 'NAME',
    }),
    'dry-run': Flags.boolean({ char: 'n', description: 'tell what would be done, and do nothing' }),
    ...snapshotFlags,
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
      return loadCommand(app, { ...this.flags, snapshot: this.args.snapshot }, signals.stop);
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
    const work = () =>
      withAllLegs(door, { repo, identity, readsContent: true, lease: noLock ? undefined : 'restore' }, (repository) =>
        restoreSnapshot(repository, request, place),
      );
    const journal = new AdHoc(app, 'backup.restore', warnOnStderr(app));
    const repos = await door.repos(repo);
    const { ownerMap: _map, ...details } = request;
    const result = await journal.run(repos, details, work, ({ snapshot, problems, changes: _changes, ...facts }) => ({
      key: snapshot,
      facts: { ...facts, problems: problems.length },
    }));
    for (const warning of this.globals.json ? [] : result.warnings) this.warn(warning);
    return { exitCode: result.exitCode, json: restoreJson(result), text: this.say(restoreText(result)) };
  }
}
