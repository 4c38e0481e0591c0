import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class ConfigValidate extends BaseCommand<typeof ConfigValidate> {
  static override summary = 'Check the configuration files';
  static override description =
    'Reports everything that is wrong as FILE:LINE:COL SEVERITY RULE MESSAGE. Without --config the system and user files are checked, and the file that "accounts" in them names.';
  static override examples = [
    '<%= config.bin %> config validate',
    '<%= config.bin %> config validate --config ./config.yaml',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.usage];

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { readConfig } = await import('../../src/config/load.ts');
    const { findingLine } = await import('../../src/config/show.ts');
    const read = readConfig({ place: app.place, explicit: this.globals.configFile });
    const isValid = (found: typeof read.findings) => found.every((finding) => finding.severity !== 'error');
    const accounts = isValid(read.findings) ? read.settings.accounts : undefined;
    const { checkCompanyFile } = await import('../../src/app/accounts/company-file.ts');
    const findings = [...read.findings, ...(accounts === undefined ? [] : checkCompanyFile(accounts).findings)];
    const files = [...read.files, ...(accounts === undefined ? [] : [{ path: accounts, present: true }])];
    const valid = isValid(findings);
    const present = files.filter((file) => file.present).map((file) => file.path);
    const lines = findings.map(findingLine);
    if (valid)
      lines.push(present.length > 0 ? `valid: ${present.join(', ')}` : 'there is no configuration file; defaults hold');
    return {
      exitCode: valid ? ExitCode.success : ExitCode.usage,
      json: { valid, files, findings },
      text: this.say(lines.join('\n')),
    };
  }
}
