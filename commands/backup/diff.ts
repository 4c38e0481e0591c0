import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { writeLine } from '../../src/cli/write-line.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupDiff extends BaseCommand<typeof BackupDiff> {
  static override summary = 'Show what differs between two snapshots';
  static override description =
    'Marks: + new, - gone, M other content, T another type, U other metadata only (with --metadata); M? is content that changed while time, change time and inode did not. Needs the private key of an encrypted repository. With --json, the messages of restic: change, statistics.';
  static override examples = [
    '<%= config.bin %> backup diff 20261121T023000Z latest --repo /srv/backup --identity key.txt',
    '<%= config.bin %> backup diff 9f3a1c2b latest /srv/oa/contracts --metadata --repo /srv/backup',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.verificationFailed,
    ExitCode.repositoryMissing,
    ExitCode.wrongKey,
  ];
  static override args = {
    from: Args.string({ description: 'the older snapshot: id, part of one, or latest', required: true }),
    to: Args.string({ description: 'the newer snapshot', required: true }),
    path: Args.string({ description: 'only this file or folder' }),
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
    metadata: Flags.boolean({ description: 'also what differs in mode, owner, time or attributes only' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ withAllLegs }, { findSnapshot }, { diffSnapshots, zeroSums }, texts, { lostText }, door] =
      await Promise.all([
        import('../../src/backup/with-repository.ts'),
        import('../../src/backup/repository/newest.ts'),
        import('../../src/backup/browse/diff.ts'),
        import('../../src/backup/browse/diff-text.ts'),
        import('../../src/backup/list-entries.ts'),
        app.backup(),
      ]);
    const { repo, identity, metadata } = this.flags;
    const { json } = this.globals;
    const sums = zeroSums();
    const found = await withAllLegs(door, { repo, identity, readsContent: true }, async (repository) => {
      const from = await findSnapshot(repository, this.args.from, undefined);
      const to = await findSnapshot(repository, this.args.to, undefined);
      const lost: string[] = [];
      const options = {
        path: this.args.path,
        onLost: (block: Parameters<typeof lostText>[0], why: string) => void lost.push(lostText(block, why)),
      };
      for await (const change of diffSnapshots(repository, from.snapshot, to.snapshot, sums, options)) {
        if (change.mark === 'U' && !metadata) continue;
        if (!(await writeLine(json ? JSON.stringify(texts.changeJson(change)) : texts.changeText(change)))) break;
      }
      return { from: from.snapshot, to: to.snapshot, lost, warnings: [...from.warnings, ...to.warnings] };
    });
    for (const warning of [...new Set(found.warnings), ...found.lost]) this.warn(warning);
    const exitCode = found.lost.length > 0 ? ExitCode.incomplete : ExitCode.success;
    if (json) await writeLine(JSON.stringify(texts.sumsJson(found.from, found.to, sums)));
    return json ? { exitCode } : { exitCode, text: this.say(texts.sumsText(sums)) };
  }
}
