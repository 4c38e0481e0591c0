import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { isInteractive } from '../../src/cli/prompts.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RunbookNew extends BaseCommand<typeof RunbookNew> {
  static override summary = 'Start a runbook from the template of its kind';
  static override description =
    'In a terminal it asks for what no flag tells; elsewhere the title is made of the name and the owner is the login name. The file is valid as it is written.';
  static override examples = [
    '<%= config.bin %> runbook new Procedure restart-oa',
    '<%= config.bin %> runbook new Backup backup-hr --owner hr-systems --dir runbooks',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override args = {
    kind: Args.string({ description: 'kind of runbook; see "oaops runbook schema"', required: true }),
    name: Args.string({ description: 'name: lower-case letters, digits and hyphens', required: true }),
  };
  static override flags = {
    title: Flags.string({ description: 'title in English' }),
    'title-zh': Flags.string({ description: 'title in Chinese' }),
    owner: Flags.string({ description: 'team or person who answers for it' }),
    dir: Flags.string({ description: 'folder to write to', default: '.', helpValue: 'DIR' }),
    force: Flags.boolean({ description: 'overwrite an existing file' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { checkNewRunbook, createRunbook, titleOf } = await import('../../src/runbook/create.ts');
    const catalogue = await app.catalogue();
    const { kind, name } = this.args;
    const file = join(this.flags.dir, `${name}.yaml`);
    checkNewRunbook({ kind, name, file, force: this.flags.force }, catalogue);
    const ask = async (flag: string | undefined, question: string, preset: string): Promise<string> =>
      flag ??
      (isInteractive(process.stdin, process.stdout)
        ? await this.prompts().input(question, { default: preset })
        : preset);
    const title = await ask(this.flags.title, 'Title in English', titleOf(name));
    const titleChinese = await ask(this.flags['title-zh'], 'Title in Chinese', '');
    const owner = await ask(this.flags.owner, 'Owner', app.env['LOGNAME'] ?? app.env['USER'] ?? 'operations');
    createRunbook(
      { kind, name, title, titleChinese, owner, file, force: this.flags.force },
      catalogue,
      app.packageRoot,
    );
    return {
      json: { file },
      text: this.say(`${file} is written.\nEdit it, then run "oaops runbook validate ${file}".`),
    };
  }
}
