import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import { parseDuration } from '../../src/core/units.ts';

export default class BackupLegs extends BaseCommand<typeof BackupLegs> {
  static override summary = 'Show how each leg of a repository stands';
  static override description =
    'For each leg: its newest snapshot and the age of it, snapshots that another leg has and this one lacks, and what is stored. Only names are listed; no private key is needed. Exits with 3 when a leg cannot be reached or lacks a snapshot.';
  static override examples = [
    '<%= config.bin %> backup legs --repo main',
    '<%= config.bin %> backup legs --repo /srv/backup --repo s3://oa-backup/main --max-age 26h --json',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.repositoryMissing,
  ];
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    'max-age': Flags.string({
      description: 'exit with 3 also when the newest snapshot of a leg is older, such as 26h',
      helpValue: 'DURATION',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ legsStatus }, { legColumns, legRow }, door] = await Promise.all([
      import('../../src/backup/sync/leg-status.ts'),
      import('../../src/backup/sync/report.ts'),
      app.backup(),
    ]);
    const { repo, 'max-age': maxAge } = this.flags;
    const maxAgeMs = maxAge === undefined ? undefined : parseDuration(maxAge);
    const { exitCode, ...status } = await legsStatus(await door.repos(repo), door, maxAgeMs);
    return { exitCode, json: status, text: this.table(legColumns, status.legs.map(legRow)) };
  }
}
