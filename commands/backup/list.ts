import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupList extends BaseCommand<typeof BackupList> {
  static override summary = 'List the snapshots of a repository';
  static override description =
    'Needs no private key. The newest snapshot comes last. With several legs, all of them are looked at, and snapshots that one lacks are named on stderr. An id begins with the time of the snapshot in UTC.';
  static override examples = [
    '<%= config.bin %> backup list --repo /srv/backup',
    '<%= config.bin %> backup list --repo s3://oa-backup/main --host oa-1 --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.repositoryMissing];
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    host: Flags.string({ description: 'only snapshots of this host', helpValue: 'NAME' }),
    tag: Flags.string({ description: 'only snapshots with this label', helpValue: 'TAG' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ withAllLegs }, { listSharedSnapshots }, report, door] = await Promise.all([
      import('../../src/backup/with-repository.ts'),
      import('../../src/backup/repository/snapshots.ts'),
      import('../../src/backup/report.ts'),
      app.backup(),
    ]);
    const { repo, host, tag } = this.flags;
    const { all, warnings } = await withAllLegs(door, { repo }, async ({ store, others = [] }) => {
      const stores = [store, ...others];
      const all = await listSharedSnapshots(stores);
      return {
        all,
        warnings: report.missingText(
          all,
          stores.map(({ location }) => location),
        ),
      };
    });
    for (const warning of warnings) this.warn(warning);
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
