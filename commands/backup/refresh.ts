import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupRefresh extends BaseCommand<typeof BackupRefresh> {
  static override summary = 'Have the next backup store again what is left of packs that are mostly out of date';
  static override description =
    'Packs are never rewritten, so files that stay keep packs alive of which most is gone: storage grows, and a restore fetches more than it needs. The next backup of this machine reads such files again from the source; prune deletes the old packs when no snapshot needs them. Needs no private key. In a runbook: refreshBelowPercent.';
  static override examples = [
    '<%= config.bin %> backup refresh --repo main --dry-run',
    '<%= config.bin %> backup refresh --repo main --below 30',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.repositoryMissing];
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    below: Flags.integer({
      description: 'packs of which less than this is current, in percent',
      min: 1,
      max: 99,
      default: 50,
      helpValue: 'N',
    }),
    'dry-run': Flags.boolean({ char: 'n', description: 'only show what would be stored again' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ requestRefresh, refreshText }, door] = await Promise.all([
      import('../../src/backup/refresh/refresh.ts'),
      app.backup(),
    ]);
    const { repo, below, 'dry-run': dryRun } = this.flags;
    const result = await requestRefresh(door, { repos: await door.repos(repo), liveBelow: below / 100, dryRun });
    return { json: result, text: this.say(refreshText(result)) };
  }
}
