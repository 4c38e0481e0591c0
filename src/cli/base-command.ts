import { Command, Flags, type Interfaces } from '@oclif/core';
import { messageOf, OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';

/** What every command is told by flags before its own flags matter; handed to the composition root. */
export interface GlobalOptions {
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  debug: boolean;
  color: boolean;
  logFile?: string;
  configFile?: string;
  lang?: string;
}

/** What a command gives back: the same facts as JSON for scripts and as text for people. */
export interface CommandResult {
  /** Default 0. */
  exitCode?: ExitCode;
  /** Printed as one JSON document with `--json`; absent when the command streamed NDJSON itself. */
  json?: unknown;
  /** Printed without `--json`; left out with `--quiet` when the exit code is 0. */
  text?: string;
}

type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<(typeof BaseCommand)['baseFlags'] & T['flags']>;
type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

/**
 * Common flags, output and errors of every command. A command implements `execute`: flags in, one service call, result out.
 * Errors: message, place, next step, exit code of the table; a stack only with `--debug`.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override baseFlags = {
    json: Flags.boolean({ description: 'print JSON for scripts', helpGroup: 'GLOBAL' }),
    quiet: Flags.boolean({ char: 'q', description: 'print nothing on success (for cron mail)', helpGroup: 'GLOBAL' }),
    verbose: Flags.boolean({ char: 'v', description: 'print more', helpGroup: 'GLOBAL' }),
    debug: Flags.boolean({ description: 'print stack traces', helpGroup: 'GLOBAL' }),
    color: Flags.boolean({ default: true, allowNo: true, description: 'colours in the terminal', helpGroup: 'GLOBAL' }),
    'log-file': Flags.string({ description: 'append a log to this file', helpGroup: 'GLOBAL', helpValue: 'FILE' }),
    config: Flags.string({
      description: 'configuration file',
      env: 'OAOPS_CONFIG',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
    lang: Flags.string({
      description: 'language of texts',
      options: ['en', 'zh-CN'],
      env: 'OAOPS_LANG',
      helpGroup: 'GLOBAL',
    }),
  };

  protected flags!: FlagsOf<T>;
  protected args!: ArgsOf<T>;

  protected abstract execute(): Promise<CommandResult>;

  protected get globals(): GlobalOptions {
    const flags = this.flags as unknown as Record<string, string | boolean | undefined>;
    return {
      json: flags['json'] === true,
      quiet: flags['quiet'] === true,
      verbose: flags['verbose'] === true,
      debug: flags['debug'] === true,
      color: flags['color'] !== false && !process.env['NO_COLOR'],
      ...(flags['log-file'] ? { logFile: String(flags['log-file']) } : {}),
      ...(flags['config'] ? { configFile: String(flags['config']) } : {}),
      ...(flags['lang'] ? { lang: String(flags['lang']) } : {}),
    };
  }

  async run(): Promise<void> {
    const { flags, args } = await this.parse(this.ctor as T);
    this.flags = flags as FlagsOf<T>;
    this.args = args as ArgsOf<T>;
    const result = await this.execute();
    if (this.globals.json) {
      if (result.json !== undefined) process.stdout.write(`${JSON.stringify(result.json, null, 2)}\n`);
    } else if (result.text && !(this.globals.quiet && (result.exitCode ?? 0) === 0)) {
      process.stdout.write(result.text.endsWith('\n') ? result.text : `${result.text}\n`);
    }
    process.exitCode = result.exitCode ?? ExitCode.success;
  }

  protected override async catch(error: Error): Promise<void> {
    const json = this.argv.includes('--json');
    if (error instanceof OaopsError) {
      process.stderr.write(json ? `${JSON.stringify(errorJson(error))}\n` : errorText(error));
      if (this.argv.includes('--debug')) process.stderr.write(`${error.stack}\n`);
      process.exitCode = error.exitCode;
      return;
    }
    const oclif = (error as { oclif?: { exit?: number } }).oclif;
    const usage = oclif !== undefined;
    process.stderr.write(
      json
        ? `${JSON.stringify({ error: { code: usage ? 'usage' : 'unexpected', message: messageOf(error) } })}\n`
        : `oaops: ${messageOf(error)}\n${usage ? '' : 'This is a defect of oaops. Run again with --debug and report what it prints.\n'}`,
    );
    if (this.argv.includes('--debug')) process.stderr.write(`${error.stack}\n`);
    process.exitCode = usage ? ExitCode.usage : ExitCode.failed;
  }
}

function errorJson(error: OaopsError): unknown {
  const { code, message, exitCode, next, position, details } = error;
  return { error: { code, message, exitCode, next, position, details } };
}

function errorText(error: OaopsError): string {
  const place = error.position ? `${error.position.file}:${error.position.line}:${error.position.col}: ` : '';
  return `oaops: ${place}${error.message}\n${error.next ? `${error.next}\n` : ''}`;
}
