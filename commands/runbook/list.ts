import { Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { text } from '../../src/cli/texts/texts.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import type { LibraryEntry } from '../../src/runbook/library.ts';

export default class RunbookList extends BaseCommand<typeof RunbookList> {
  static override summary = 'List the runbooks that can be run by name';
  static override description =
    'Looks into the folders of OAOPS_RUNBOOK_PATH, then of runbooks in the configuration, then at the shipped ones. The first runbook of a name is used; a site shadows a shipped one by giving its own the same name.';
  static override examples = [
    '<%= config.bin %> runbook list',
    '<%= config.bin %> runbook list --kind Backup --json',
    '<%= config.bin %> runbook list --procedure BK-02',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override flags = {
    kind: Flags.string({ description: 'only runbooks of this kind', helpValue: 'KIND' }),
    procedure: Flags.string({ description: 'only runbooks that count for this handbook procedure', helpValue: 'ID' }),
    all: Flags.boolean({ char: 'a', description: 'also those that are shadowed by one of the same name' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { listRunbooks } = await import('../../src/runbook/library.ts');
    const { kind, procedure, all } = this.flags;
    const entries = listRunbooks(await app.runbookFolders())
      .filter((entry) => kind === undefined || entry.kind?.toLowerCase() === kind.toLowerCase())
      .filter((entry) => procedure === undefined || entry.procedures?.includes(procedure.toUpperCase()))
      .filter((entry) => all || entry.shadowedBy === undefined);
    const columns = [
      { title: 'NAME', whole: true },
      { title: 'VERSION' },
      { title: 'KIND' },
      { title: 'TITLE', flexible: true },
      { title: 'FROM', flexible: true },
    ];
    const rows = entries.map((entry) => [
      entry.name || `? ${entry.file}`,
      entry.version ?? '?',
      entry.kind ?? '?',
      (this.lang === 'zh-CN' ? entry.title?.['zh-CN'] : undefined) ?? entry.title?.en ?? '',
      this.#from(entry),
    ]);
    return { json: entries, text: this.table(columns, rows) };
  }

  #from({ origin, shadowedBy, shadows }: LibraryEntry): string {
    const from = text(this.lang, `origin.${origin}`);
    if (shadowedBy) return this.say(`${from}, shadowed by ${shadowedBy}`);
    return shadows.length > 0 ? this.say(`${from}, shadows ${shadows.join(', ')}`) : from;
  }
}
