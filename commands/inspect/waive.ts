import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import type { Waiver } from '../../src/inspect/record.ts';

export default class InspectWaive extends BaseCommand<typeof InspectWaive> {
  static override summary = 'Accept a failure of a check until a date, by name and with a reason';
  static override description =
    'It counts from the next verdict on, and is shown as waived in every report. After its last day the failure counts again. What could not be judged cannot be waived. Without CHECK the waivers are listed.';
  static override examples = [
    '<%= config.bin %> inspect waive inspection-daily disk --host web1 --until 2026-12-31 --reason "disk is on order"',
    '<%= config.bin %> inspect waive inspection-daily disk --host web1 --end',
    '<%= config.bin %> inspect waive inspection-daily',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage, ExitCode.refused];
  static override args = {
    inspection: Args.string({ name: 'INSPECTION', description: 'name of the inspection', required: true }),
    check: Args.string({ name: 'CHECK', description: 'the check' }),
  };
  static override flags = {
    host: Flags.string({ description: 'on this host alone; default: on all', helpValue: 'NAME' }),
    until: Flags.string({ description: 'last day on which it holds', helpValue: 'DATE' }),
    reason: Flags.string({ description: 'why', helpValue: 'TEXT' }),
    end: Flags.boolean({ description: 'take the waiver back', exclusive: ['until'] }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { inspection, check } = this.args;
    const { host, until, reason, end } = this.flags;
    const [{ listWaivers, waiveCheck }, { usageError }] = await Promise.all([
      import('../../src/app/inspect-people.ts'),
      import('../../src/core/errors.ts'),
    ]);
    if (check === undefined) {
      const waivers = await listWaivers(app, inspection);
      const columns = [
        { title: 'CHECK' },
        { title: 'HOST' },
        { title: 'UNTIL', whole: true },
        { title: 'BY' },
        { title: 'REASON', flexible: true },
      ];
      const rows = waivers.map((waiver) => [
        waiver.check,
        waiver.host ?? this.say('all'),
        waiver.expired ? `${waiver.until} (${this.say('expired')})` : waiver.until,
        waiver.by,
        waiver.reason,
      ]);
      return { json: waivers, text: this.table(columns, rows) };
    }
    if (!end && until === undefined)
      throw usageError('until-missing', 'a waiver has a last day', {
        next: 'Give it with --until DATE, or take the waiver back with --end.',
      });
    const done = await waiveCheck(app, { inspection, check, host, until: end ? undefined : until, reason });
    return { json: done, text: this.say(told(done)) };
  }
}

function told({ check, host, until, by, ended }: Waiver & { ended: boolean }): string {
  if (host === undefined)
    return ended ? `the waiver for ${check} has ended` : `${check} is waived until ${until} by ${by}`;
  return ended
    ? `the waiver for ${check} on ${host} has ended`
    : `${check} on ${host} is waived until ${until} by ${by}`;
}
