import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { changeLines } from '../../src/cli/render/changes.ts';
import { installFlags } from '../../src/cli/schedule-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class ScheduleInstall extends BaseCommand<typeof ScheduleInstall> {
  static override summary = 'Have cron or systemd run "oaops tick" every minute';
  static override description =
    'One line of the crontab of this user, or one systemd timer: systemd where it runs, unless --crontab. Working days, catching up, jitter and deadlines are for tick to judge, so that a changed schedule needs no new installation. The paths of node, oaops, state and configuration, and PATH, are those of this command. Run again it changes what differs, and nothing else.';
  static override examples = [
    '<%= config.bin %> schedule install --dry-run',
    '<%= config.bin %> schedule install --crontab',
    'PATH=/opt/pgsql/bin:/usr/bin:/bin <%= config.bin %> schedule install --systemd',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.refused];
  static override flags = installFlags;

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ invocationOf }, { install, usualPlace }] = await Promise.all([
      import('../../src/app/schedules/install/invocation.ts'),
      import('../../src/app/schedules/install/install.ts'),
    ]);
    const { configFile } = this.globals;
    const program = { node: process.execPath, script: process.argv[1], configFile };
    const { crontab, systemd, 'dry-run': dryRun } = this.flags;
    const place = crontab ? 'crontab' : systemd ? 'systemd' : usualPlace();
    const done = install(app, invocationOf(app.env, program), place, dryRun);
    for (const note of done.notes) this.warn(note);
    return { json: { ...done, dryRun }, text: this.say(changeLines(done.changes, dryRun).join('\n')) };
  }
}
