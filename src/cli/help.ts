import type { Command } from '@oclif/core/command';
import { CommandHelp, Help } from '@oclif/core/help';
import { ExitCode } from '../core/exit-codes.ts';
import { en } from './texts/en.ts';

/** One command's help: usage with `[FLAGS]`, and which exit codes it can end with. */
class OaopsCommandHelp extends CommandHelp {
  protected override defaultUsage(): string {
    const args = Object.values(this.command.args ?? {}).filter((arg) => !arg.hidden);
    return [this.command.id, ...args.map((arg) => this.arg(arg)), '[FLAGS]'].join(' ');
  }

  protected override sections(): ReturnType<CommandHelp['sections']> {
    const codes = (this.command as { exitCodes?: ExitCode[] }).exitCodes;
    const body = codes ? exitCodeLines(codes) : en['help.exit-more'];
    return [...super.sections(), { header: en['help.exit-codes'], generate: () => body }];
  }
}

/** Help as oclif prints it, with the table of exit codes. */
export default class OaopsHelp extends Help {
  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    this.log(`${this.section(en['help.exit-codes'], exitCodeLines(Object.values(ExitCode)))}\n`);
  }

  protected override getCommandHelpClass(command: Command.Loadable): CommandHelp {
    return new OaopsCommandHelp(command, this.config, this.opts);
  }
}

function exitCodeLines(codes: readonly ExitCode[]): string {
  return codes.map((code) => `${String(code).padStart(3)}  ${en[`exit.${code}`]}`).join('\n');
}
