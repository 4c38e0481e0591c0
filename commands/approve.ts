import { Args, Flags } from '@oclif/core';
import { openApp } from '../src/app.ts';
import { BaseCommand, type CommandResult } from '../src/cli/base-command.ts';
import { runArg } from '../src/cli/plan-flags.ts';
import { usageError } from '../src/core/errors.ts';
import { ExitCode } from '../src/core/exit-codes.ts';
import { parseDuration } from '../src/core/units.ts';

export default class Approve extends BaseCommand<typeof Approve> {
  static override summary = 'Approve, or reject, a step that waits for a second person';
  static override description =
    `Signs plan digest, run, step and expiry with an SSH key of the allowed-signers file. Whoever asked for the run cannot approve it.
The key is that of --key, or signing.key of the configuration; a .pub file stands for a key in your agent.`;
  static override examples = [
    '<%= config.bin %> approve latest go-live --key ~/.ssh/id_ed25519',
    '<%= config.bin %> approve 20261122T180512Z-9f3a1c2b go-live --reject --reason "month-end closing"',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.refused];
  static override args = {
    run: runArg,
    step: Args.string({ name: 'STEP', description: 'the step that waits', required: true }),
  };
  static override flags = {
    key: Flags.string({ description: 'SSH key to sign with', helpValue: 'FILE', exclusive: ['reject'] }),
    expires: Flags.string({ description: 'how long the approval holds', default: '8h', helpValue: 'DURATION' }),
    reject: Flags.boolean({ description: 'say no: the run ends refused', dependsOn: ['reason'] }),
    reason: Flags.string({ description: 'why it is rejected', helpValue: 'TEXT' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { approveStep, rejectStep } = await import('../src/engine/people/answers.ts');
    const deps = await (await app.runs()).deps({ sink: () => undefined });
    const { run, step } = this.args;
    if (this.flags.reject) {
      const done = await rejectStep(deps, { run, step, reason: this.flags.reason ?? '' });
      return {
        json: { ...done, rejected: true },
        text: this.say(`${done.step} of run ${done.run} is rejected\n${done.next}`),
      };
    }
    const keyFile = this.flags.key ?? (await app.config()).settings.signing?.key;
    if (keyFile === undefined) {
      throw usageError('key-missing', 'no key to sign with is given', {
        next: 'Give --key FILE, or set signing.key in the configuration.',
      });
    }
    const done = await approveStep(deps, { run, step, keyFile, expiresMs: parseDuration(this.flags.expires) });
    return {
      json: { ...done, rejected: false },
      text: this.say(`${done.step} of run ${done.run} is approved by ${done.by}\n${done.next}`),
    };
  }
}
