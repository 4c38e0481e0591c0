import { Args, Flags } from '@oclif/core';
import { stopSignals } from '../../src/app/signals.ts';
import { snapshotChoice } from '../../src/app/snapshot-choice.ts';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { stdoutWriter } from '../../src/cli/binary-output.ts';
import { snapshotFlags } from '../../src/cli/snapshot-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupCat extends BaseCommand<typeof BackupCat> {
  static override summary = 'Write a file of a snapshot to stdout, or a folder as a tar archive';
  static override description =
    'Fetches only what holds it, byte for byte as it was. Nothing is written whose sha256 is not right: output that ends early has exit code 9 and a file or object named on stderr. A terminal gets text only.';
  static override examples = [
    '<%= config.bin %> backup cat latest /srv/oa/conf/server.xml --repo /srv/backup --identity key.txt',
    '<%= config.bin %> backup cat latest /srv/oa/conf --at 2026-11-20 --repo /srv/backup --identity key.txt | tar -tf -',
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
  static override args = {
    snapshot: Args.string({ description: 'id, part of one, or latest', required: true }),
    path: Args.string({ description: 'absolute path of the file or folder', required: true }),
  };
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      multipleNonGreedy: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    identity: Flags.string({ char: 'i', description: 'private age key; also OAOPS_IDENTITY_FILE', helpValue: 'FILE' }),
    ...snapshotFlags,
    'no-lock': Flags.boolean({ description: 'take no lease, and read on while a prune works' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    using signals = stopSignals();
    const [{ withAllLegs }, { catSnapshot }, { AdHoc, warnOnStderr }, door] = await Promise.all([
      import('../../src/backup/with-repository.ts'),
      import('../../src/backup/restore/cat.ts'),
      import('../../src/app/ad-hoc.ts'),
      app.backup(),
    ]);
    const { repo, identity, 'no-lock': noLock } = this.flags;
    const request = { ...this.args, choice: await snapshotChoice(app, this.flags) };
    const output = stdoutWriter();
    const signal = AbortSignal.any([signals.stop, output.closed]);
    const place = { stateDir: app.stateDir, signal, write: output.write };
    const work = () =>
      withAllLegs(door, { repo, identity, readsContent: true, lease: noLock ? undefined : 'restore' }, (repository) =>
        catSnapshot(repository, request, place),
      );
    const journal = new AdHoc(app, 'backup.restore', warnOnStderr(app));
    const repos = await door.repos(repo);
    const factOf = ({ snapshot, ...facts }: Awaited<ReturnType<typeof work>>) => ({
      key: snapshot,
      facts: { ...facts, path: request.path, target: 'stdout' },
    });
    const result = await output.untilClosed(() => journal.run(repos, { ...request, target: 'stdout' }, work, factOf));
    for (const warning of result?.warnings ?? []) this.warn(warning);
    return {};
  }
}
