import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class LockList extends BaseCommand<typeof LockList> {
  static override summary = 'List locks: who holds what, since when, and whether that process still lives';
  static override examples = ['<%= config.bin %> lock list', '<%= config.bin %> lock list --json'];
  static override exitCodes = [ExitCode.success, ExitCode.usage];

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { locks } = await app.record();
    const rows = (await locks.list()).map((row) => ({ ...row, ownerState: locks.stateOf(row) }));
    const columns = [
      { title: 'LOCK', whole: true },
      { title: 'OWNER' },
      { title: 'STATE' },
      { title: 'SINCE' },
      { title: 'EXPIRES' },
      { title: 'PURPOSE', flexible: true },
    ];
    return {
      json: rows,
      text: this.table(
        columns,
        rows.map(({ name, owner, ownerState, acquiredAt, expiresAt }) => [
          name,
          `${owner.hostname}:${owner.pid}`,
          ownerState,
          acquiredAt,
          expiresAt,
          owner.purpose,
        ]),
      ),
    };
  }
}
