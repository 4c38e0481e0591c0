import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { shownRunArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class PatchWatch extends BaseCommand<typeof PatchWatch> {
  static override summary = 'Follow the watch of a rollout until its time is over';
  static override description =
    'Takes each sample when it is due, for as long as the watch lasts (72 h unless the runbook says otherwise). Without it "oaops tick", started by cron, does the same.';
  static override examples = ['<%= config.bin %> patch watch latest'];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    run: shownRunArg,
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { follow } = await import('../../src/app/patch.ts');
    const show = { lang: this.lang, renderer: () => this.renderer(app), ...this.asking(), follow: true };
    const end = await follow(app, this.args.run, show);
    return { exitCode: end.exitCode };
  }
}
