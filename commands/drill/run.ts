import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class DrillRun extends BaseCommand<typeof DrillRun> {
  static override summary = 'Rehearse a restore and judge it against its objectives';
  static override description =
    'Runs a runbook of kind RestoreDrill. Exit 0: pass. 3: partial, the data is right but an objective was missed. 9: fail. With --sabotage the drill must fail; the repository itself is not touched.';
  static override examples = [
    '<%= config.bin %> drill run restore-drill -i repo=/srv/backup',
    '<%= config.bin %> drill run restore-drill -i repo=/srv/backup --sabotage flipped-bit',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.verificationFailed,
    ExitCode.lockHeld,
  ];
  static override args = {
    runbook: Args.string({ description: 'name of a runbook, or a file', default: 'restore-drill' }),
  };
  static override flags = {
    input: Flags.string({
      char: 'i',
      multiple: true,
      default: [],
      description: 'a value for an input',
      helpValue: 'NAME=VALUE',
    }),
    sabotage: Flags.string({
      description: 'make it go wrong on purpose',
      options: [
        'missing-pack',
        'flipped-bit',
        'truncated-pack',
        'missing-block',
        'missing-manifest',
        'wrong-key',
        'lost-canary',
      ],
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ preparePlan, startRun }, { drillSummary, requireKind }] = await Promise.all([
      import('../../src/app/run-command.ts'),
      import('../../src/app/drills.ts'),
    ]);
    const { sabotage, input } = this.flags;
    const inputs = sabotage ? [...input, `sabotage=${sabotage}`] : input;
    const prepared = requireKind(await preparePlan(app, { runbook: this.args.runbook, inputs }), 'RestoreDrill');
    const end = await startRun(app, prepared, {
      lang: this.lang,
      renderer: () => this.renderer(app),
      ...this.asking(),
    });
    const summary = this.globals.json ? undefined : await drillSummary(app, end.run, prepared.plan.runbook.name);
    return { exitCode: end.exitCode, ...(summary ? { text: this.say(summary) } : {}) };
  }
}
