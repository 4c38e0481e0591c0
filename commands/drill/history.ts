import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class DrillHistory extends BaseCommand<typeof DrillHistory> {
  static override summary = 'Show what drills have found, newest first, and how they go over time';
  static override description =
    'Below the table, for each runbook: verdicts (+ pass, ~ partial, x fail), RTO and RPO from the oldest to the newest. Sabotaged drills are in the table only.';
  static override examples = [
    '<%= config.bin %> drill history',
    '<%= config.bin %> drill history restore-drill --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override args = { runbook: Args.string({ description: 'only the drills of this runbook' }) };
  static override flags = {
    limit: Flags.integer({ description: 'how many', default: 20, min: 1, max: 10_000 }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { drillHistory, drillTrends, trendText } = await import('../../src/app/drills.ts');
    const drills = await drillHistory(app, this.args.runbook, this.flags.limit);
    if (drills.length === 0) return { json: { drills, trends: [] }, text: this.say('no drill has been run yet') };
    const columns = [
      { title: 'TIME (UTC)', whole: true },
      { title: 'RUNBOOK', whole: true },
      { title: 'VERDICT', flexible: true },
      { title: 'RTO' },
      { title: 'RPO' },
      { title: 'WHY', flexible: true },
    ];
    const rows = drills.map(({ at, runbook, verdict, sabotage, rto, rpo, reasons }) => [
      at.slice(0, 16).replace('T', ' '),
      runbook,
      sabotage === 'none' ? verdict : `${verdict} (${sabotage})`,
      rto,
      rpo,
      shortened(reasons.length > 1 ? `${reasons[0]} (and ${reasons.length - 1} more)` : (reasons[0] ?? '')),
    ]);
    const trends = drillTrends(drills);
    return {
      json: { drills, trends },
      text: `${this.table(columns, rows)}\n\n${this.say(trendText(trends))}`.trimEnd(),
    };
  }
}

/** Object names are long; `--json` has them whole, and which leg it was. */
function shortened(reason: string): string {
  return reason.replace(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…');
}
