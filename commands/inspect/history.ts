import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { inspectionArg } from '../../src/cli/inspect-flags.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class InspectHistory extends BaseCommand<typeof InspectHistory> {
  static override summary = 'Show the verdicts of an inspection, newest first, and how its figures go';
  static override description =
    'Below the verdicts, each figure of the newest run over the last 30 runs, oldest first; a dot where it was not measured.';
  static override examples = [
    '<%= config.bin %> inspect history inspection-daily',
    '<%= config.bin %> inspect history inspection-daily --check disk --host web1 --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override args = { inspection: inspectionArg };
  static override flags = {
    check: Flags.string({ description: 'only this check', helpValue: 'ID' }),
    host: Flags.string({ description: 'only this host', helpValue: 'NAME' }),
    limit: Flags.integer({ description: 'how many verdicts', default: 20, min: 1, max: 1000 }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ inspectionHistory, inspectionRun }, { sparkline }, { figure }] = await Promise.all([
      import('../../src/app/inspect.ts'),
      import('../../src/core/sparkline.ts'),
      import('../../src/inspect/formats/report-words.ts'),
    ]);
    const { runbook } = await inspectionRun(app, this.args.inspection);
    const history = await inspectionHistory(app, runbook, this.flags);
    const verdicts = this.table(
      [
        { title: 'TIME (UTC)', whole: true },
        { title: 'VERDICT' },
        { title: 'COUNTS', flexible: true },
        { title: 'RUN', whole: true },
      ],
      history.verdicts.map(({ at, verdict, counts, run }) => [
        at.slice(0, 16).replace('T', ' '),
        this.say(verdict),
        Object.entries(counts)
          .map(([state, count]) => `${this.say(state)} ${count}`)
          .join(', '),
        run,
      ]),
    );
    const trends = history.trends.map(({ host, check, measure, unit, values }) => {
      const last = values.at(-1);
      return [host, check, measure, last === null || last === undefined ? '-' : figure(last, unit), sparkline(values)];
    });
    const figures = this.table(
      [
        { title: 'HOST' },
        { title: 'CHECK' },
        { title: 'FIGURE', flexible: true },
        { title: 'LAST', align: 'right' },
        { title: 'TREND', whole: true },
      ],
      trends,
    );
    return {
      json: { inspection: runbook, ...history },
      text: trends.length === 0 ? verdicts : `${verdicts}\n\n${figures}`,
    };
  }
}
