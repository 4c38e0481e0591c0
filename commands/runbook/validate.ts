import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { wantsColor } from '../../src/cli/color.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class RunbookValidate extends BaseCommand<typeof RunbookValidate> {
  static override summary = 'Check runbooks and tell line and column of every finding';
  static override description =
    'Reports all findings as FILE:LINE:COL SEVERITY RULE MESSAGE. Needs no network and no configuration. Without PATH the folder runbooks is checked. Folders are searched at any depth for .yaml and .yml files; those that are no runbooks of oaops (inventories, Kubernetes manifests) are skipped and named. A file that is named itself is always checked.';
  static override examples = [
    '<%= config.bin %> runbook validate runbooks/',
    "<%= config.bin %> runbook validate 'ops/**/*.yaml' --format sarif > runbooks.sarif",
    '<%= config.bin %> runbook validate runbooks/ --require-version-bump origin/main --format github',
    '<%= config.bin %> runbook validate - < draft.yaml',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override args = {
    path: Args.string({
      description: 'files, folders, globs, or - for standard input',
      multiple: true,
      required: false,
    }),
  };
  static override flags = {
    format: Flags.option({
      description: 'how findings are printed',
      options: ['text', 'json', 'github', 'gitlab', 'junit', 'sarif'] as const,
      default: 'text',
    })(),
    'fail-on': Flags.option({
      description: 'lowest severity that ends with exit code 1',
      options: ['error', 'warning', 'info'] as const,
      default: 'error',
    })(),
    'require-version-bump': Flags.string({
      description: 'a runbook that differs from the one in this folder or git revision needs a higher version',
      helpValue: 'BASE',
    }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { failsOn, validateRunbooks } = await import('../../src/runbook/validate.ts');
    const { formatReport } = await import('../../src/runbook/formats/format.ts');
    const { reportJson } = await import('../../src/runbook/formats/json.ts');
    const { readStreamCapped } = await import('../../src/runbook/read-capped.ts');
    const { defaultLimits } = await import('../../src/runbook/yaml/text.ts');
    const { format, 'fail-on': lowest, 'require-version-bump': base } = this.flags;
    const paths = this.args.path?.length ? this.args.path : ['runbooks'];
    const report = await validateRunbooks(paths, {
      catalogue: await app.catalogue(),
      cwd: process.cwd(),
      ...(paths.includes('-') ? { stdin: await readStreamCapped(process.stdin, defaultLimits.maxSizeBytes) } : {}),
      ...(base === undefined ? {} : { base: await app.baseVersions(base) }),
    });
    const color = this.globals.color && wantsColor(process.stdout, process.env);
    return {
      exitCode: failsOn(report, lowest) ? ExitCode.failed : ExitCode.success,
      json: reportJson(report),
      text: formatReport(format, report, {
        color,
        toolVersion: this.config.version,
        cwd: process.cwd(),
        say: (english) => this.say(english),
      }),
    };
  }
}
