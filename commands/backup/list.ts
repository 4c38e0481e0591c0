import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupList extends BaseCommand<typeof BackupList> {
  static override summary = 'List the snapshots of a repository';
  static override description =
    'Needs no private key. The newest snapshot comes last. An id begins with the time of the snapshot in UTC.';
  static override examples = [
    '<%= config.bin %> backup list --repo /srv/backup',
    '<%= config.bin %> backup list --repo s3://oa-backup/main --host oa-1 --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.repositoryMissing];
  static override flags = {
    repo: Flags.string({ char: 'r', description: 'repository; also OAOPS_REPO', helpValue: 'REPO' }),
    host: Flags.string({ description: 'only snapshots of this host', helpValue: 'NAME' }),
    tag: Flags.string({ description: 'only snapshots with this label', helpValue: 'TAG' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ withRepository }, { listSnapshots }, report, door] = await Promise.all([
      import('../../src/backup/with-repository.ts'),
      import('../../src/backup/repository/snapshots.ts'),
      import('../../src/backup/report.ts'),
      app.backup(),
    ]);
    const { repo, host, tag } = this.flags;
    const all = await withRepository(door, { repo }, ({ store }) => listSnapshots(store));
    const listed = all
      .map((listing) => ({ listing, json: report.listingJson(listing) }))
      .filter(({ json }) => host === undefined || json['hostname'] === host)
      .filter(({ json }) => tag === undefined || (json['tags'] as string[] | undefined)?.includes(tag));
    return {
      json: listed.map(({ json }) => json),
      text: this.table(
        report.listingColumns,
        listed.map(({ listing }) => report.listingRow(listing, app.clock.nowMs())),
      ),
    };
  }
}
