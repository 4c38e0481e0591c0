import type { Command } from '@oclif/core/command';
import { CommandHelp, Help } from '@oclif/core/help';
import { ExitCode } from '../core/exit-codes.ts';
import { chooseLanguage, flagValue } from './choose-language.ts';
import { wrap } from './render/width.ts';
import { helpSection, helpText, type Language, text } from './texts/texts.ts';

type Options = ConstructorParameters<typeof CommandHelp>[2] & { lang?: Language };

/** One command's help: usage with `[FLAGS]`, and which exit codes it can end with. */
class OaopsCommandHelp extends CommandHelp {
  get #lang(): Language {
    return (this.opts as Options).lang ?? 'en';
  }

  protected override defaultUsage(): string {
    const args = Object.values(this.command.args ?? {}).filter((arg) => !arg.hidden);
    return [this.command.id, ...args.map((arg) => this.arg(arg)), '[FLAGS]'].join(' ');
  }

  protected override sections(): ReturnType<CommandHelp['sections']> {
    const codes = (this.command as { exitCodes?: ExitCode[] }).exitCodes;
    const body = codes ? exitCodeLines(this.#lang, codes) : text(this.#lang, 'help.exit-more');
    return [...super.sections(), { header: text(this.#lang, 'help.exit-codes'), generate: () => body }];
  }

  /** oclif shows the last line of a description only, when the summary stands above it. */
  protected override description(): string | undefined {
    const about = this.command.description;
    return about === undefined
      ? undefined
      : this.wrap(about.replaceAll(/(?<!\n)\n(?!\n)/g, this.#lang === 'en' ? ' ' : ''));
  }

  /** Without `[default: ]` for flags that may be repeated and are empty when not given. */
  protected override flags(flags: Parameters<CommandHelp['flags']>[0]): [string, string | undefined][] | undefined {
    return super.flags(
      flags.map((flag) => {
        if (flag.type !== 'option' || !Array.isArray(flag.default) || flag.default.length > 0) return flag;
        const { default: _, ...rest } = flag;
        return rest as typeof flag;
      }),
    );
  }

  override section(header: string, body: Parameters<CommandHelp['section']>[1]): string {
    return super.section(helpSection(this.#lang, header), body);
  }

  override wrap(body: string, spacing = this.indentSpacing * 2): string {
    return this.#lang === 'en' ? super.wrap(body, spacing) : wrap(body, this.opts.maxWidth - spacing).join('\n');
  }
}

/** Help as oclif prints it, in the language of the user, with the table of exit codes. */
export default class OaopsHelp extends Help {
  #lang: Language = 'en';
  /** The next summary that is asked for stands at the top of a page. */
  #heading = false;

  override async showHelp(argv: string[]): Promise<void> {
    this.#lang = await chooseLanguage({
      flag: flagValue(argv, '--lang'),
      configFile: flagValue(argv, '--config') ?? process.env['OAOPS_CONFIG'],
      env: process.env,
    });
    (this.opts as Options).lang = this.#lang;
    await super.showHelp(argv);
  }

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    const codes = exitCodeLines(this.#lang, Object.values(ExitCode));
    this.log(`${this.section(text(this.#lang, 'help.exit-codes'), codes)}\n`);
  }

  override formatRoot(): string {
    const { bin, pjson, userAgent } = this.config;
    const about = wrap(helpText(this.#lang, String(pjson['description'] ?? '')), this.opts.maxWidth).join('\n');
    return `${about}\n\n${this.section('VERSION', userAgent)}\n\n${this.section('USAGE', `$ ${bin} [COMMAND]`)}`;
  }

  protected override formatTopic(topic: Parameters<Help['formatTopic']>[0]): string {
    return super.formatTopic({ ...topic, description: helpText(this.#lang, topic.description ?? '') });
  }

  protected override formatTopics(topics: Parameters<Help['formatTopics']>[0]): string {
    return super.formatTopics(
      topics.map((topic) => ({ ...topic, description: helpText(this.#lang, topic.description ?? '') })),
    );
  }

  /** The first line of a page is the summary, which oclif wraps in lists only. */
  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    this.#heading = true;
    await super.showCommandHelp(command);
  }

  protected override summary(command: Command.Loadable): string | undefined {
    const heading = this.#heading;
    this.#heading = false;
    const summary = super.summary(command);
    if (summary === undefined) return undefined;
    const told = helpText(this.#lang, summary);
    return heading ? wrap(told, this.opts.maxWidth).join('\n') : told;
  }

  override section(header: string, body: Parameters<Help['section']>[1]): string {
    return super.section(helpSection(this.#lang, header), body);
  }

  protected override getCommandHelpClass(command: Command.Loadable): CommandHelp {
    return new OaopsCommandHelp(inLanguage(this.#lang, command), this.config, this.opts);
  }
}

/** The command with what help says of it in the user's language. */
function inLanguage(lang: Language, command: Command.Loadable): Command.Loadable {
  if (lang === 'en') return command;
  const said = <T extends { description?: string }>(parts: Record<string, T>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [
        name,
        part.description === undefined ? part : { ...part, description: helpText(lang, part.description) },
      ]),
    );
  const examples = command.examples?.map((example) =>
    typeof example === 'string' ? example : { ...example, description: helpText(lang, example.description) },
  );
  return {
    ...command,
    ...(command.description === undefined ? {} : { description: helpText(lang, command.description) }),
    ...(examples ? { examples } : {}),
    args: said(command.args),
    flags: said(command.flags as Record<string, { description?: string }>),
  } as Command.Loadable;
}

function exitCodeLines(lang: Language, codes: readonly ExitCode[]): string {
  return codes.map((code) => `${String(code).padStart(3)}  ${text(lang, `exit.${code}`)}`).join('\n');
}
