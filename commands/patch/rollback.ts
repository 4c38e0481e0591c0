import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class PatchRollback extends BaseCommand<typeof PatchRollback> {
  static override summary = 'Take back what a rollout did';
  static override description =
    `Runs the undo of each step that was done, last first. Exit code 5 when everything is taken back, 3 when something remains in place. A rollout in its watch goes on watching the batches that were not named (exit code 6). One that is under way must be paused first.
What a newer rollout of the same runbook changed for the same people or hosts is not taken back below it: take back the newer one first, or give --beside.`;
  static override examples = [
    '<%= config.bin %> patch rollback latest',
    '<%= config.bin %> patch rollback latest --batch 3',
  ];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    run: runArg,
  };
  static override flags = {
    batch: Flags.integer({ multiple: true, min: 1, description: 'only this batch', helpValue: 'NUMBER' }),
    beside: Flags.string({
      description: 'take it back although a newer rollout changed the same; why, for the audit log',
      helpValue: 'REASON',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { rolloutRun } = await import('../../src/app/patch.ts');
    const { withEngine } = await import('../../src/app/run-command.ts');
    const row = await rolloutRun(app, this.args.run);
    const { batch, beside } = this.flags;
    const scope = {
      ...(batch ? { scope: 'batch' as const, batches: batch } : {}),
      ...(beside === undefined ? {} : { beside }),
    };
    const show = { renderer: () => this.renderer(app), ...this.asking() };
    const end = await withEngine(app, show, (engine, { stop, kill }) => engine.undo(row.id, { stop, kill, ...scope }));
    return { exitCode: end.exitCode };
  }
}
