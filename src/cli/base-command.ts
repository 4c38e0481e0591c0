import { Command, Flags, type Interfaces } from '@oclif/core';
import { type Clock, systemClock } from '../core/clock.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { paintedLines } from '../core/plain-text.ts';
import type { ProgressScreen } from '../core/progress.ts';
import { Redactor } from '../core/redaction.ts';
import { chooseLanguage, flagValue } from './choose-language.ts';
import { wantsColor } from './color.ts';
import { exitCodeOf, parseFailure, renderFailure, renderWarning, toOaopsError } from './failure.ts';
import type { GlobalOptions } from './globals.ts';
import { isInteractive, openPrompts, type Prompts } from './prompts.ts';
import type { Counter } from './render/counter.ts';
import { laidOut } from './render/laid-out.ts';
import type { LogFile } from './render/log-file.ts';
import type { Renderer } from './render/open.ts';
import type { StatusLine } from './render/status-line.ts';
import { type Column, table } from './render/table.ts';
import { displayWidth, pad, wrap } from './render/width.ts';
import { detectStyle } from './style.ts';
import type { Language } from './texts/language.ts';
import { fieldLabel, sayLines, type TextKey, tableTitle, text } from './texts/texts.ts';
import { writeJson } from './write-json.ts';

export type { GlobalOptions } from './globals.ts';

/** What a command gives back: the same facts as JSON for scripts and as text for people. */
export interface CommandResult {
  /** Default 0. */
  exitCode?: ExitCode;
  /** Printed as one JSON document with `--json`; absent when the command streamed NDJSON itself. */
  json?: unknown;
  /** Printed without `--json`; left out with `--quiet` when the exit code is 0. */
  text?: string;
}

/** The part of the composition root that showing a run needs. */
interface RunContext {
  redactor: Redactor;
  clock: Clock;
  env: Readonly<Record<string, string | undefined>>;
}

type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<(typeof BaseCommand)['baseFlags'] & T['flags']>;
type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

const helpGroup = 'GLOBAL';

/** The flags as they are typed. */
function flagWords(flags: Interfaces.FlagInput): string[] {
  return Object.entries(flags).flatMap(([name, flag]) =>
    flag.type === 'boolean' && flag.allowNo ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  );
}

/**
 * Common flags, output and errors of every command. A command implements `execute`: flags in, one service call, result out.
 * Errors: message, place, next step, exit code of the table; a stack only with `--debug`.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override baseFlags = {
    json: Flags.boolean({ description: 'print JSON for scripts', helpGroup }),
    quiet: Flags.boolean({ char: 'q', description: 'print nothing on success (for cron mail)', helpGroup }),
    verbose: Flags.boolean({ char: 'v', description: 'print more', helpGroup }),
    debug: Flags.boolean({ description: 'print stack traces', helpGroup }),
    color: Flags.boolean({ default: true, allowNo: true, description: 'colours in the terminal', helpGroup }),
    'log-file': Flags.string({
      description: 'append a log to this file; its name may hold %Y-%m-%d, %H, %M',
      helpGroup,
      helpValue: 'FILE',
    }),
    'log-keep': Flags.integer({
      description: 'of dated log files keep so many',
      min: 1,
      helpGroup,
      helpValue: 'N',
      dependsOn: ['log-file'],
    }),
    config: Flags.string({ description: 'configuration file (also OAOPS_CONFIG)', helpGroup, helpValue: 'FILE' }),
    lang: Flags.string({
      description: 'language of texts: en, zh-CN (also OAOPS_LANG)',
      options: ['en', 'zh-CN'],
      helpGroup,
      helpValue: 'LANG',
    }),
  };

  /** Exit codes that the command can end with, for its help; the whole table is in `oaops --help`. */
  static exitCodes?: readonly ExitCode[];

  protected flags!: FlagsOf<T>;
  protected args!: ArgsOf<T>;
  /** All arguments in their order, for commands that take any number of them. */
  protected given: string[] = [];
  /** Language of texts: `--lang`, OAOPS_LANG, configuration, locale. */
  protected lang: Language = 'en';
  #languageChosen = false;
  #logFile: LogFile | undefined;
  #renderer: Renderer | undefined;
  readonly #redactor = new Redactor();

  protected abstract execute(): Promise<CommandResult>;

  protected get globals(): GlobalOptions {
    const flags = this.flags as unknown as Record<string, string | boolean | undefined>;
    const configFile = flags['config'] ?? process.env['OAOPS_CONFIG'];
    return {
      json: flags['json'] === true,
      quiet: flags['quiet'] === true,
      verbose: flags['verbose'] === true,
      debug: flags['debug'] === true,
      color: flags['color'] !== false && !process.env['NO_COLOR'],
      ...(flags['log-file'] ? { logFile: String(flags['log-file']) } : {}),
      ...(configFile ? { configFile: String(configFile) } : {}),
      lang: this.lang,
      redactor: this.#redactor,
    };
  }

  /** Where the events of a run are shown; one per command. Secrets that `app` comes to know are taken out of them. */
  protected async renderer(app: RunContext, several = false): Promise<Renderer> {
    if (this.#renderer) return this.#renderer;
    const { openRenderer } = await import('./render/open.ts');
    const opened = await openRenderer({
      globals: this.globals,
      lang: this.lang,
      redactor: app.redactor,
      env: app.env,
      stdout: process.stdout,
      stderr: process.stderr,
      nowMs: () => app.clock.nowMs(),
      several,
    });
    this.#renderer = {
      ...opened,
      sink: (event) => {
        opened.sink(event);
        this.#logFile?.sink(event);
      },
    };
    return this.#renderer;
  }

  /** Progress of long work on stderr, in a terminal only. */
  protected async progress(clock: Clock): Promise<ProgressScreen & Disposable> {
    const { progressScreen } = await import('./render/progress.ts');
    const { json, quiet } = this.globals;
    return progressScreen({
      stream: process.stderr,
      clock,
      say: (english) => this.say(english),
      on: !json && !quiet,
      dumb: process.env['TERM'] === 'dumb',
    });
  }

  /** How many hosts are done, on stderr, in a terminal only. */
  protected async counter(total: number): Promise<Counter> {
    const { counterOn } = await import('./render/counter.ts');
    const { json, quiet } = this.globals;
    const on = !json && !quiet && process.env['TERM'] !== 'dumb';
    return counterOn(process.stderr, (done) => this.say(`${done}/${total} hosts`), on);
  }

  /** What is being read, on one line of stderr, in a terminal only. */
  protected async statusLine(): Promise<StatusLine> {
    const { statusLineOn } = await import('./render/status-line.ts');
    const { json, quiet } = this.globals;
    return statusLineOn(process.stderr, !json && !quiet && process.env['TERM'] !== 'dumb');
  }

  /** Questions to the person at the terminal; exit 6 without one. */
  protected prompts(signal?: AbortSignal): Prompts {
    return openPrompts({
      lang: this.lang,
      stdin: process.stdin,
      stdout: process.stdout,
      before: async () => this.#renderer?.suspend(),
      after: () => this.#renderer?.resume(),
      ...(signal ? { signal } : {}),
    });
  }

  /** How a run asks the person at the terminal; nothing with --json, or without one. */
  protected asking(): { prompts?: (signal: AbortSignal) => Prompts } {
    if (this.globals.json || !isInteractive(process.stdin, process.stdout)) return {};
    return { prompts: (signal) => this.prompts(signal) };
  }

  /** A table as wide as the terminal, 80 columns elsewhere. */
  protected table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
    if (rows.length === 0) return text(this.lang, 'table.none');
    const color = this.globals.color && wantsColor(process.stdout, process.env);
    const titled = columns.map((column) => ({ ...column, title: tableTitle(this.lang, column.title) }));
    return table(titled, rows, { columns: process.stdout.columns ?? 80, color });
  }

  /** For texts that are laid out by a service. */
  protected reportScreen(): { lang: Language; say(english: string): string; columns: number; color: boolean } {
    return {
      lang: this.lang,
      say: (english) => this.say(english),
      // A terminal that does not know its width says 0.
      columns: process.stdout.columns || 80,
      color: this.globals.color && wantsColor(process.stdout, process.env),
    };
  }

  /** One fact a line, its label before it: `owner   operations`. */
  protected fields(facts: readonly (readonly [label: string, value: string])[]): string {
    const named = facts.map(([label, value]) => [fieldLabel(this.lang, label), value] as const);
    const width = Math.max(...named.map(([label]) => displayWidth(label)));
    const columns = (process.stdout.columns ?? 80) - width - 2;
    const indent = `\n${' '.repeat(width + 2)}`;
    // Prose is wrapped; a path or a checksum stays whole, so that it can be copied.
    const shown = (value: string) => (/\s|[\u3000-\u9fff]/.test(value) ? wrap(value, columns) : value.split('\n'));
    return named.map(([label, value]) => `${pad(label, width)}  ${shown(value).join(indent)}`).join('\n');
  }

  /** What oaops wrote about a plan, in the user's language; in a terminal no line breaks in the middle of a word. */
  protected prose(english: string): string {
    return laidOut(this.say(english));
  }

  /** A status in the user's language, filled up to so many columns. */
  protected status(status: string, columns = 0): string {
    return pad(text(this.lang, `status.${status}` as TextKey), columns);
  }

  /** Words of oaops in the user's language. Not for what users wrote: their files, values and runbooks. */
  protected say(english: string): string {
    return sayLines(this.lang, english);
  }

  /** On stderr in the one style of all warnings; with `--json` a line of JSON, as errors are. */
  override warn(input: string | Error): string | Error {
    const style = { json: this.globals.json, lang: this.lang, redactor: this.#redactor };
    process.stderr.write(renderWarning(typeof input === 'string' ? input : input.message, style));
    return input;
  }

  async run(): Promise<void> {
    const ctor = this.ctor as T;
    // oclif spreads the class it is given, and a spread drops what a command inherits from one that it extends.
    const { args: taken, flags: known, baseFlags, strict } = ctor;
    const { flags, args, argv } = await this.parse({
      ...ctor,
      args: taken,
      flags: known,
      baseFlags,
      strict,
    } as T).catch((error: unknown) => {
      throw parseFailure(error, flagWords({ ...baseFlags, ...known }));
    });
    this.flags = flags as FlagsOf<T>;
    this.args = args as ArgsOf<T>;
    this.given = argv.map(String);
    const globals = this.globals;
    if (globals.logFile) {
      const { openLogFile } = await import('./render/log-file.ts');
      const keep = (flags as { 'log-keep'?: number })['log-keep'];
      this.#logFile = openLogFile(globals.logFile, systemClock, this.#redactor, {
        keep,
        onLost: (message) => this.warn(message),
      });
      this.#logFile.line(`oaops ${this.id?.replaceAll(':', ' ')} ${this.config.version} started`);
    }
    const configFile = globals.configFile;
    this.lang = await chooseLanguage({ flag: (flags as { lang?: string }).lang, configFile, env: process.env });
    this.#languageChosen = true;
    const result = await this.execute();
    await this.#renderer?.close();
    const exitCode = result.exitCode ?? ExitCode.success;
    if (globals.json) {
      if (result.json !== undefined) await writeJson(process.stdout, result.json);
    } else if (result.text && !(globals.quiet && exitCode === ExitCode.success)) {
      // What is piped stays as it is; a terminal would obey control signs of names and messages.
      const shown = process.stdout.isTTY ? paintedLines(result.text) : result.text;
      process.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
    }
    if (result.text) this.#logFile?.line(result.text.trimEnd());
    this.#logFile?.line(`exit code ${exitCode}`);
    process.exitCode = exitCode;
  }

  protected override async catch(thrown: Error): Promise<void> {
    // The live display must be off the screen before the error is on it; its own failure must not hide the error.
    await this.#renderer?.close().catch(() => {});
    const style = { ...detectStyle(this.argv, process.env), redactor: this.#redactor };
    // A command line that cannot be parsed still says in which language to tell so.
    const lang = this.#languageChosen ? this.lang : await this.#languageOfArgv();
    process.stderr.write(renderFailure(thrown, { ...style, lang }));
    const { message, code, next } = toOaopsError(thrown);
    this.#logFile?.line(`error: ${message} (${code})${next ? `\n${next}` : ''}\nexit code ${exitCodeOf(thrown)}`);
    process.exitCode = exitCodeOf(thrown);
  }

  protected override async finally(): Promise<void> {
    this.#logFile?.close();
    this.#logFile = undefined;
  }

  #languageOfArgv(): Promise<Language> {
    return chooseLanguage({
      flag: flagValue(this.argv, '--lang'),
      configFile: flagValue(this.argv, '--config') ?? process.env['OAOPS_CONFIG'],
      env: process.env,
    });
  }
}
