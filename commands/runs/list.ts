import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { say } from '../../src/cli/texts/texts.ts';
import { parseIsoTime } from '../../src/core/clock.ts';
import { usageError } from '../../src/core/errors.ts';
import type { RunStatus } from '../../src/core/events.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

const statuses: RunStatus[] = [
  'running',
  'ok',
  'incomplete',
  'failed',
  'refused',
  'waiting',
  'stopped',
  'rolled-back',
  'undo-failed',
  'aborted',
  'unknown',
];

export default class RunsList extends BaseCommand<typeof RunsList> {
  static override summary = 'List runs, the latest first';
  static override examples = [
    '<%= config.bin %> runs list',
    '<%= config.bin %> runs list --status waiting --status failed --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override flags = {
    runbook: Flags.string({ description: 'only runs of this runbook', helpValue: 'NAME' }),
    procedure: Flags.string({ description: 'only runs that count for this procedure', helpValue: 'ID' }),
    status: Flags.string({ multiple: true, description: 'only runs with this status', options: statuses }),
    since: Flags.string({ description: 'only runs asked for since then, an ISO date or time', helpValue: 'TIME' }),
    limit: Flags.integer({ description: 'at most so many', default: 50, min: 1 }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { runbook, procedure, status, since, limit } = this.flags;
    const from = since === undefined ? undefined : parseIsoTime(since);
    if (since !== undefined && from === undefined)
      throw usageError('since-invalid', `"${since}" is not a time`, {
        next: 'Write a date such as 2026-01-31, or a time with its zone such as 2026-01-31T08:00:00Z.',
      });
    const rows = await (await app.record()).runs.list({
      limit,
      ...(runbook ? { runbook } : {}),
      ...(procedure ? { procedure } : {}),
      ...(status ? { status: status as RunStatus[] } : {}),
      ...(from === undefined ? {} : { since: from }),
    });
    const columns = [
      { title: 'RUN', whole: true },
      { title: 'RUNBOOK' },
      { title: 'VERSION' },
      { title: 'STATUS' },
      { title: 'BY' },
      { title: 'MESSAGE', flexible: true },
    ];
    return {
      json: rows,
      text: this.table(
        columns,
        rows.map((row) => [
          row.id,
          row.runbook,
          row.version,
          this.lang === 'en' ? row.status : this.status(row.status),
          row.requester,
          say(this.lang, row.message ?? ''),
        ]),
      ),
    };
  }
}
