import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';

export default class ConfigSchema extends BaseCommand<typeof ConfigSchema> {
  static override summary = 'Print the JSON Schema of the configuration file';
  static override description = 'JSON Schema draft-07, as editors read it (yaml-language-server and others).';
  static override examples = ['<%= config.bin %> config schema > oaops-config.schema.json'];

  protected override async execute(): Promise<CommandResult> {
    const { configJsonSchema } = await import('../../src/config/schema.ts');
    const schema = configJsonSchema();
    return { json: schema, text: JSON.stringify(schema, null, 2) };
  }
}
