import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { runArg } from '../../src/cli/plan-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RunsAnswer extends BaseCommand<typeof RunsAnswer> {
  static override summary = 'Answer a step that waits for a person';
  static override examples = [
    '<%= config.bin %> runs answer latest check-mail --value yes',
    '<%= config.bin %> runs answer latest work-order --file order.pdf --comment "signed on site"',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.refused];
  static override args = {
    run: runArg,
    step: Args.string({ name: 'STEP', description: 'the step that waits', required: true }),
  };
  static override flags = {
    value: Flags.string({
      description: 'the answer: yes or no, a text, a number, one of the choices',
      helpValue: 'VALUE',
    }),
    file: Flags.string({ description: 'evidence; a copy is kept with the run', helpValue: 'FILE' }),
    comment: Flags.string({ description: 'a remark for the journal', helpValue: 'TEXT' }),
    unit: Flags.string({ description: 'which unit, when several wait', helpValue: 'UNIT' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { answerUnit } = await import('../../src/engine/people/answers.ts');
    const deps = await (await app.runs()).deps({ sink: () => undefined });
    const { value, file, comment, unit } = this.flags;
    const done = await answerUnit(deps, {
      ...this.args,
      ...(value === undefined ? {} : { value }),
      ...(file === undefined ? {} : { file }),
      ...(comment === undefined ? {} : { comment }),
      ...(unit === undefined ? {} : { unit }),
    });
    return { json: done, text: this.say(`${done.step} of run ${done.run} is answered by ${done.by}\n${done.next}`) };
  }
}
