import { Args, Flags } from '@oclif/core';
import { stopSignals } from '../../src/app/signals.ts';
import { snapshotChoice } from '../../src/app/snapshot-choice.ts';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { snapshotFlags } from '../../src/cli/snapshot-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupRestore extends BaseCommand<typeof BackupRestore> {
  static override summary = 'Restore a snapshot, or a part of it, into an empty folder';
  static override description =
    'Files get their full path below the target: /etc/hosts becomes TARGET/etc/hosts. Nothing is overwritten, and no content is written whose sha256 is not right. What one leg of the repository cannot give comes from another; what none has is named, and the rest is restored (exit 3).';
  static override examples = [
    '<%= config.bin %> backup restore latest --repo /srv/backup --target /srv/restored --identity key.txt',
    '<%= config.bin %> backup restore 20261122T180512Z --repo s3://oa-backup/main --target ./out --include /srv/oa/contracts',
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
    target: Flags.string({ char: 't', description: 'empty or new folder', required: true, helpValue: 'DIR' }),
    include: Flags.string({ multiple: true, description: 'only what matches', helpValue: 'PATTERN' }),
    exclude: Flags.string({ char: 'e', multiple: true, description: 'not what matches', helpValue: 'PATTERN' }),
    owners: Flags.string({
      description: 'owners by number, by name, or not at all; default numbers as root, none otherwise',
      options: ['numbers', 'names', 'none'],
    }),
    ...snapshotFlags,
    'no-lock': Flags.boolean({ description: 'take no lease, and read on while a prune works' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    using signals = stopSignals();
    const [{ withAllLegs }, { restoreSnapshot, restoreText }, { AdHoc, warnOnStderr }, door] = await Promise.all([
      import('../../src/backup/with-repository.ts'),
      import('../../src/backup/restore/restore.ts'),
      import('../../src/app/ad-hoc.ts'),
      app.backup(),
    ]);
    const { repo, identity, target, include, exclude, owners, 'no-lock': noLock } = this.flags;
    const request = {
      snapshot: this.args.snapshot,
      choice: await snapshotChoice(app, this.flags),
      target,
      include: include ?? [],
      exclude: exclude ?? [],
      ...(owners ? { owners: owners as 'numbers' | 'names' | 'none' } : {}),
    };
    const work = () =>
      withAllLegs(door, { repo, identity, readsContent: true, lease: noLock ? undefined : 'restore' }, (repository) =>
        restoreSnapshot(repository, request, { clock: app.clock, stateDir: app.stateDir, signal: signals.stop }),
      );
    const journal = new AdHoc(app, 'backup.restore', warnOnStderr(app));
    const repos = await door.repos(repo);
    const result = await journal.run(repos, { ...request }, work, ({ snapshot, problems, ...facts }) => ({
      key: snapshot,
      facts: { ...facts, problems: problems.length },
    }));
    for (const warning of this.globals.json ? [] : result.warnings) this.warn(warning);
    return { exitCode: result.exitCode, json: result, text: this.say(restoreText(result)) };
  }
}
