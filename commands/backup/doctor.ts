import { Flags } from '@oclif/core';
import { stopSignals } from '../../src/app/signals.ts';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupDoctor extends BaseCommand<typeof BackupDoctor> {
  static override summary = 'Try on each leg what backups rely on, and say what is lost where it is missing';
  static override description =
    'Stores, reads, lists and deletes small objects of its own on each leg, two at once under one name, and asks for versions, Object Lock and rules that delete; looks at the file system, the free room and the rights of a folder, at clocks, recipients, the age of snapshots, past verifications and drills, and at this machine. Its objects are removed again, and nothing of a repository is touched. Exits with 3 when something is lost, with 1 when a leg does not work.';
  static override examples = [
    '<%= config.bin %> backup doctor --repo main',
    '<%= config.bin %> backup doctor --repo s3://oa-backup/main --json',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.sigint,
    ExitCode.sigterm,
  ];
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    using signals = stopSignals();
    const [{ examine }, { doctorText }, { drillFacts }, door] = await Promise.all([
      import('../../src/backup/doctor/doctor.ts'),
      import('../../src/backup/doctor/report.ts'),
      import('../../src/app/drills.ts'),
      app.backup(),
    ]);
    const repos = await door.repos(this.flags.repo);
    const place = { ...door, signal: signals.stop, drills: () => drillFacts(app) };
    const { exitCode, ...report } = await examine(repos, place);
    const style = { verbose: this.globals.verbose, paint: (_status: string, text: string) => text };
    const text = doctorText({ exitCode, ...report }, (english) => this.say(english), style);
    return { exitCode, json: report, text };
  }
}
