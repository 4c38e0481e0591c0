import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class InspectDiff extends BaseCommand<typeof InspectDiff> {
  static override summary = 'Show what is otherwise between two runs of an inspection';
  static override description =
    'With one argument: the newest run that has its verdict against the one before it. Shown are states that changed, and lines of details that have come (+) or gone (-).';
  static override examples = [
    '<%= config.bin %> inspect diff inspection-daily',
    '<%= config.bin %> inspect diff 20261121T0 20261122T0 --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override args = {
    before: Args.string({
      name: 'INSPECTION|RUN',
      description: 'name of an inspection, or the older run',
      required: true,
    }),
    after: Args.string({ name: 'RUN', description: 'the newer run' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { compareRuns } = await import('../../src/app/inspect.ts');
    const { before, after, differences } = await compareRuns(app, this.args.before, this.args.after);
    const columns = [
      { title: 'HOST' },
      { title: 'CHECK' },
      { title: 'BEFORE' },
      { title: 'NOW' },
      { title: 'RESULT', flexible: true },
    ];
    const rows = differences.map(({ host, check, before: was, after: now, message, gone, come }) => [
      host,
      check,
      was === null ? '-' : this.say(was),
      now === null ? '-' : this.say(now),
      [this.say(message), ...come.map((line) => `+ ${line}`), ...gone.map((line) => `- ${line}`)].join('\n'),
    ]);
    const head = `${before} -> ${after}`;
    const text = rows.length === 0 ? this.say('nothing is otherwise') : this.table(columns, rows);
    return { json: { before, after, differences }, text: `${head}\n${text}` };
  }
}
