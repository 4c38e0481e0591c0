import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { OaopsError } from '../../src/core/errors.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class LockBreak extends BaseCommand<typeof LockBreak> {
  static override summary = 'Take a lock from an owner that is gone';
  static override description =
    `A lock of this machine whose process has ended needs no breaking: the next command takes it over. Break only what another machine
holds and cannot give back. The old owner can store nothing more, even if it still lives.`;
  static override examples = [
    '<%= config.bin %> lock break run:20261122T180512Z-9f3a1c2b --confirm run:20261122T180512Z-9f3a1c2b',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.refused];
  static override args = {
    lock: Args.string({ name: 'NAME', description: 'name of the lock, as lock list shows it', required: true }),
  };
  static override flags = {
    confirm: Flags.string({ description: 'the name again, to show that it is meant', helpValue: 'NAME' }),
  };

  protected override async execute(): Promise<CommandResult> {
    const name = this.args.lock;
    if (this.flags.confirm !== name) {
      throw new OaopsError(
        'confirm-missing',
        `breaking the lock "${name}" can make two processes work on the same thing`,
        {
          exitCode: ExitCode.refused,
          next: `When you are sure that its owner is gone, add --confirm ${name}`,
        },
      );
    }
    await using app = openApp(this.globals);
    const { locks, database } = await app.record();
    await locks.break(name, database.actor);
    return { json: { lock: name, broken: true }, text: this.say(`the lock "${name}" is free`) };
  }
}
