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
    runbook: Flags.string({ description: 'only snapshots made by this runbook', helpValue: 'NAME' }),
    last: Flags.integer({ description: 'only so many newest ones of each host and runbook', min: 1, helpValue: 'N' }),
    latest: Flags.boolean({ description: 'only the newest one of each host and runbook', exclusive: ['last'] }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ withAllLegs }, { listSharedSnapshots }, { filterSnapshots }, { readPins }, report, door] =
      await Promise.all([
        import('../../src/backup/with-repository.ts'),
        import('../../src/backup/repository/snapshots.ts'),
        import('../../src/backup/browse/choose.ts'),
        import('../../src/backup/prune/notes.ts'),
        import('../../src/backup/report.ts'),
        app.backup(),
      ]);
    const { repo, host, tag, runbook, last, latest } = this.flags;
    const { all, warnings } = await withAllLegs(door, { repo }, async ({ store, others = [] }) => {
      const { listed, stores, warnings } = await listSharedSnapshots([store, ...others]);
      const pins = await readPins(stores);
      const locations = stores.map(({ location }) => location);
      return {
        all: listed.map((listing) => ({ ...listing, pin: pins.get(listing.snapshot) })),
        warnings: [...warnings, ...report.missingText(listed, locations)],
      };
    });
    for (const warning of warnings) this.warn(warning);
    const listed = filterSnapshots(all, { host, tag, runbook, last: latest ? 1 : last });
    return {
      json: listed.map(report.listingJson),
      text: this.table(
        report.listingColumns,
        listed.map((listing) => report.listingRow(listing, app.clock.nowMs(), (english) => this.say(english))),
      ),
    };
  }
}
