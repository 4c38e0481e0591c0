import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { usageError } from '../../src/core/errors.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RunsResume extends BaseCommand<typeof RunsResume> {
  static override summary = 'Go on with a run that waits, was stopped, was killed, or failed';
  static override description =
    `Uses the stored plan, whatever has become of the files. What is done is not done again; what failed is tried again.
A unit whose fate nobody knows after a crash is settled with --unit STEP/UNIT --as done, failed or retry.`;
  static override examples = [
    '<%= config.bin %> runs resume latest',
    '<%= config.bin %> runs resume 20261122T180512Z-9f3a1c2b --unit restart/web1 --as done',
  ];
  static override exitCodes = Object.values(ExitCode);
  static override args = {
    run: runArg,
  };
  static override flags = {
    unit: Flags.string({
      description: 'the unknown unit that --as is about',
      helpValue: 'STEP/UNIT',
      dependsOn: ['as'],
    }),
    as: Flags.option({
      description: 'what became of it',
      options: ['done', 'failed', 'retry'] as const,
      dependsOn: ['unit'],
    })(),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { withEngine } = await import('../../src/app/run-command.ts');
    const { unit, as } = this.flags;
    const [step, ...rest] = unit?.split('/') ?? [];
    if (unit !== undefined && (!step || rest.length === 0))
      throw usageError('unit-invalid', `"${unit}" is not a unit`, {
        next: 'Write STEP/UNIT, as "oaops runs show" does.',
      });
    const show = { renderer: () => this.renderer(app), ...this.asking() };
    const decision = as && step ? { decision: { step, unit: rest.join('/'), as } } : {};
    const end = await withEngine(app, show, (engine, signals) =>
      engine.resume(this.args.run, { ...decision, stop: signals.stop, kill: signals.kill }),
    );
    return { exitCode: end.exitCode };
  }
}
