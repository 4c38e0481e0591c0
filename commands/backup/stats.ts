import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupStats extends BaseCommand<typeof BackupStats> {
  static override summary = 'Show how much a repository holds, saves and wastes';
  static override description =
    'What is stored on each leg, and what no snapshot needs any more. With the private key also how well contents are deduplicated and compressed, how much of the packs is still alive, and what a refresh would store again; unchanged parts of the manifests are read once.';
  static override examples = [
    '<%= config.bin %> backup stats --repo /srv/backup --identity key.txt',
    '<%= config.bin %> backup stats --repo /srv/backup --repo s3://oa-backup/main --json',
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
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    identity: Flags.string({ char: 'i', description: 'private age key; also OAOPS_IDENTITY_FILE', helpValue: 'FILE' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ withAllLegs }, { repositoryStats }, texts, { lostText }, door] = await Promise.all([
      import('../../src/backup/with-repository.ts'),
      import('../../src/backup/browse/stats.ts'),
      import('../../src/backup/browse/stats-text.ts'),
      import('../../src/backup/list-entries.ts'),
      app.backup(),
    ]);
    const { repo, identity } = this.flags;
    const lost: string[] = [];
    const stats = await withAllLegs(door, { repo, identity, readsContent: true }, (repository) =>
      repositoryStats(repository, (block, why) => lost.push(lostText(block, why))),
    );
    for (const warning of [...stats.warnings, ...lost]) this.warn(warning);
    return {
      exitCode: stats.warnings.length + lost.length > 0 ? ExitCode.incomplete : ExitCode.success,
      json: stats,
      text: `${this.say(texts.statsText(stats))}\n${this.table(texts.legColumns, stats.legs.map(texts.legRow))}`,
    };
  }
}
