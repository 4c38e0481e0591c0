import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class InspectSign extends BaseCommand<typeof InspectSign> {
  static override summary = 'Sign a check that a person has looked at';
  static override description =
    'Who signs is the account of this process; what was seen is kept with the run. Anything but pass needs a reason. The inspection goes on with "oaops runs resume", or by itself at the next "oaops tick".';
  static override examples = [
    '<%= config.bin %> inspect sign latest walk-round pass --evidence photo.jpg',
    '<%= config.bin %> inspect sign 20261122T180512Z ups fail --host room2 --reason "battery lamp is red"',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.refused];
  static override args = {
    run: Args.string({ name: 'RUN', description: 'id of the run, name of the inspection, or latest', required: true }),
    check: Args.string({ name: 'CHECK', description: 'the check', required: true }),
    verdict: Args.string({
      name: 'VERDICT',
      description: 'what was seen',
      options: ['pass', 'fail', 'not-applicable'],
      required: true,
    }),
  };
  static override flags = {
    host: Flags.string({ description: 'of which host, when several wait', helpValue: 'NAME' }),
    reason: Flags.string({ description: 'what was seen, in words', helpValue: 'TEXT' }),
    evidence: Flags.string({ description: 'a photo or protocol; a copy is kept with the run', helpValue: 'FILE' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { signCheck } = await import('../../src/app/inspect-people.ts');
    const { run, check } = this.args;
    const verdict = this.args.verdict as 'pass' | 'fail' | 'not-applicable';
    const { host, reason, evidence } = this.flags;
    const done = await signCheck(app, { run, check, verdict, host, reason, evidence });
    return {
      json: { ...done, check, verdict },
      text: this.say(`${check} is signed as ${verdict} by ${done.by}\n${done.next}`),
    };
  }
}
