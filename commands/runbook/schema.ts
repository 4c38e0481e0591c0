import { join } from 'node:path';
import { Args } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RunbookSchema extends BaseCommand<typeof RunbookSchema> {
  static override summary = 'Print the JSON Schema of a kind of runbook';
  static override description =
    'JSON Schema draft-07, as editors read it. Without KIND the kinds are listed with the schema files that come with oaops.';
  static override examples = [
    '<%= config.bin %> runbook schema',
    '<%= config.bin %> runbook schema Procedure > procedure.schema.json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];
  static override args = { kind: Args.string({ description: 'kind of runbook' }) };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { jsonSchemaOf, schemaFileName } = await import('../../src/runbook/json-schema.ts');
    const catalogue = await app.catalogue();
    if (this.args.kind !== undefined) {
      const { kindNamed } = await import('../../src/runbook/create.ts');
      const schema = jsonSchemaOf(kindNamed(this.args.kind, catalogue), catalogue);
      return { json: schema, text: JSON.stringify(schema, null, 2) };
    }
    const kinds = catalogue.kinds.map(({ kind, title }) => ({
      kind,
      title,
      file: join(app.packageRoot, 'runbooks', 'schema', schemaFileName(kind)),
    }));
    const rows = kinds.map(({ kind, title, file }) => [kind, title[this.lang] ?? title.en, file]);
    return {
      json: kinds,
      text: this.table([{ title: 'KIND' }, { title: 'TITLE' }, { title: 'SCHEMA', flexible: true }], rows),
    };
  }
}
