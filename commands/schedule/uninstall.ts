import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { changeLines } from '../../src/cli/render/changes.ts';
import { installFlags } from '../../src/cli/schedule-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class ScheduleUninstall extends BaseCommand<typeof ScheduleUninstall> {
  static override summary = 'Take away what "oaops schedule install" has written';
  static override description =
    'The block in the crontab of this user, or the two systemd units; both unless one is named. Nothing else is touched.';
  static override examples = [
    '<%= config.bin %> schedule uninstall --dry-run',
    '<%= config.bin %> schedule uninstall --crontab',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.refused];
  static override flags = installFlags;

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { uninstall, installedPlaces } = await import('../../src/app/schedules/install/install.ts');
    const { crontab, systemd, 'dry-run': dryRun } = this.flags;
    const places = crontab ? (['crontab'] as const) : systemd ? (['systemd'] as const) : installedPlaces(app);
    const done = uninstall(app, places, dryRun);
    for (const note of done.flatMap(({ notes }) => notes)) this.warn(note);
    const lines = changeLines(
      done.flatMap(({ changes }) => changes),
      dryRun,
    );
    return { json: { places: done, dryRun }, text: this.say(lines.join('\n') || 'nothing is installed') };
  }
}
