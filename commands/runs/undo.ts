import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RunsUndo extends BaseCommand<typeof RunsUndo> {
  static override summary = 'Take back what a run did';
  static override description =
    `Runs the undo of each step that was done, last first, by the stored plan. Exit code 5 when everything is taken back, 3 when something remains in place.`;
  static override examples = ['<%= config.bin %> runs undo latest', '<%= config.bin %> runs undo latest --target web1'];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    run: runArg,
  };
  static override flags = {
    scope: Flags.option({
      description: 'target: only what failed or --target names; all: everything',
      options: ['target', 'batch', 'all'] as const,
    })(),
    target: Flags.string({ multiple: true, description: 'only on this target', helpValue: 'NAME' }),
    beside: Flags.string({
      description: 'take it back although a newer rollout changed the same; why, for the audit log',
      helpValue: 'REASON',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { withEngine } = await import('../../src/app/run-command.ts');
    const { scope, target, beside } = this.flags;
    const given = {
      ...(scope ? { scope } : {}),
      ...(target ? { targets: target } : {}),
      ...(beside === undefined ? {} : { beside }),
    };
    const show = { renderer: () => this.renderer(app), ...this.asking() };
    const end = await withEngine(app, show, (engine, { stop, kill }) =>
      engine.undo(this.args.run, { stop, kill, ...given }),
    );
    return { exitCode: end.exitCode };
  }
}
