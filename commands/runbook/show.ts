import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RunbookShow extends BaseCommand<typeof RunbookShow> {
  static override summary = 'Show what a runbook is for, what it asks and what it does';
  static override examples = [
    '<%= config.bin %> runbook show backup-daily',
    '<%= config.bin %> runbook show ./restart-oa.yaml --json',
    '<%= config.bin %> runbook show backup-daily --source > my-backup.yaml',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override args = { runbook: Args.string({ description: 'name of a runbook, or a file', required: true }) };
  static override flags = { source: Flags.boolean({ description: 'print the YAML text as it is' }) };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { findRunbook } = await import('../../src/runbook/library.ts');
    const { loadRunbook } = await import('../../src/runbook/load.ts');
    const { describeRunbook } = await import('../../src/runbook/describe.ts');
    const { file } = findRunbook(this.args.runbook, await app.runbookFolders(), process.cwd());
    const catalogue = await app.catalogue();
    const runbook = loadRunbook(file, { catalogue });
    if (this.flags.source) return { json: runbook, text: runbook.source.text };
    const { head, inputs, steps } = describeRunbook(runbook, catalogue, this.lang);
    const parts = [this.fields(head)];
    if (inputs.length > 0) {
      const columns = [
        { title: 'INPUT' },
        { title: 'TYPE', flexible: true },
        { title: 'REQUIRED' },
        { title: 'DEFAULT' },
        { title: 'ABOUT', flexible: true },
      ];
      parts.push(
        this.table(
          columns,
          inputs.map((input) => [input.name, input.type, this.say(input.required), input.default, input.about]),
        ),
      );
    }
    const columns = [
      { title: 'STEP' },
      { title: 'USES' },
      { title: 'EFFECT' },
      { title: 'ON' },
      { title: 'NAME', flexible: true },
    ];
    parts.push(
      this.table(
        columns,
        steps.map((step) => [step.id, step.uses, step.effect, step.on, step.name]),
      ),
    );
    return { json: runbook, text: parts.map((part) => part.trimEnd()).join('\n\n') };
  }
}
