import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@oclif/core';
import { usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { nearest } from '../core/nearest.ts';
import { exitCodeOf, renderFailure } from './failure.ts';
import { detectStyle } from './style.ts';
import { loadTexts } from './texts/texts.ts';

export interface MainOptions {
  /** Folder of package.json. */
  root: string;
  argv: string[];
  /** `development` runs the sources natively and reads no manifest. */
  mode: 'production' | 'development';
}

/** Runs one command line. Never throws; sets `process.exitCode`, so that what is still being written gets out. */
export async function main({ root, argv, mode }: MainOptions): Promise<void> {
  guardOutput();
  try {
    const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    if (argv.length === 1 && argv[0] === '--version') {
      // Asked by every monitoring script: not worth loading a framework for.
      process.stdout.write(
        `${pjson.name}/${pjson.version} ${process.platform}-${process.arch} node-${process.version}\n`,
      );
      return;
    }
    if (mode === 'development') {
      pjson.oclif.commands.target = './commands';
      pjson.oclif.helpClass = pjson.oclif.helpClass.replace('/dist/', '/').replace(/\.js$/, '.ts');
    }
    const [{ Config: OclifConfig }, { run }, { normalizeArgv }] = await Promise.all([
      import('@oclif/core/config'),
      import('@oclif/core/run'),
      import('@oclif/core/help'),
      // Puts its own listener on stdout, which throws: it must be there before it is taken off.
      import('@oclif/core/command'),
    ]);
    guardStdout();
    const config = await OclifConfig.load({
      root,
      pjson,
      isRoot: true,
      // Nothing is ever loaded from the home directory.
      userPlugins: false,
      devPlugins: false,
      ignoreManifest: mode === 'development',
    });
    const line = commandFirst(argv);
    refuseUnknownCommand(config, line, normalizeArgv(config, line)[0]);
    await run(line, config);
  } catch (error) {
    const style = detectStyle(argv, process.env);
    // Told in English rather than not at all.
    await loadTexts(style.lang).catch(() => {});
    process.stderr.write(renderFailure(error, style));
    process.exitCode = exitCodeOf(error);
  }
}

/**
 * What happens when output cannot be written. A reader that went away (`| head`) is not an error, and must not stop a run
 * in the middle; a full disk under a redirected output is told, and never ends with 0.
 */
function guardOutput(): void {
  guardStdout();
  // Where errors themselves cannot be told there is nobody to tell it to.
  process.stderr.on('error', () => {});
}

function guardStdout(): void {
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    // A terminal that was closed; the run stops by SIGHUP.
    if (error.code === 'EIO' && process.stdout.isTTY) return;
    process.stderr.write(`oaops: cannot write the output: ${error.message}\n`);
    process.once('exit', () => {
      process.exitCode ||= ExitCode.failed;
    });
  });
}

const valueFlags = ['--lang', '--config', '--log-file'];

/** `oaops --json run x` and `oaops help run` mean `oaops run --json x` and `oaops run --help`. */
export function commandFirst(argv: readonly string[]): string[] {
  if (argv[0] === 'help') return [...argv.slice(1), '--help'];
  let start = 0;
  while (start < argv.length && argv[start]!.startsWith('-') && argv[start] !== '--') {
    start += valueFlags.includes(argv[start]!) ? 2 : 1;
  }
  if (start === 0 || start >= argv.length) return [...argv];
  const rest = argv.slice(start);
  const firstFlag = rest.findIndex((word) => word.startsWith('-'));
  const end = firstFlag === -1 ? rest.length : firstFlag;
  return [...rest.slice(0, end), ...argv.slice(0, start), ...rest.slice(end)];
}

function refuseUnknownCommand(config: Config, argv: string[], id: string | undefined): void {
  if (id === undefined || id.startsWith('-')) {
    if (argv.length === 0 || argv.some((word) => ['--help', '-h', '--version', '-V'].includes(word))) return;
    throw usageError('command-missing', 'no command is given', { next: 'Run "oaops --help" to see the commands.' });
  }
  if (config.findCommand(id) || config.findTopic(id)) return;
  const words = id.replaceAll(':', ' ');
  const known = [...config.commandIDs, ...config.topics.map((topic) => topic.name)].map((name) =>
    name.replaceAll(':', ' '),
  );
  const close = nearest(words, known);
  throw usageError('command-unknown', `there is no command "${words}"`, {
    next: close ? `Did you mean "oaops ${close}"?` : 'Run "oaops --help" to see the commands.',
    details: { command: words, ...(close ? { nearest: close } : {}) },
  });
}
