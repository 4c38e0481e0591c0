import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { OaopsError, usageError } from '../../../core/errors.ts';
import { ExitCode } from '../../../core/exit-codes.ts';

/** How a job starts `oaops tick`, with nothing around it. */
export interface Invocation {
  /** Absolute paths of Node.js and of the program. */
  node: string;
  script: string;
  /** What it needs to find the same state and configuration as the command that installed it. */
  env: Readonly<Record<string, string>>;
}

/** Where things lie; none of them holds a secret. */
const takenOver = [
  'OAOPS_STATE_DIR',
  'OAOPS_RUNBOOK_PATH',
  'OAOPS_INVENTORY',
  'OAOPS_ALLOWED_SIGNERS',
  'OAOPS_SIGNING_KEY',
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'XDG_CACHE_HOME',
];
const words = ['OAOPS_LANG', 'TZ'];
const standardPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * @param program as this process was started: `process.execPath` and `process.argv[1]`
 * @throws OaopsError `program-path` (exit 1): not started from a file; `unfit-text` (exit 2): a path that no job can hold
 */
export function invocationOf(
  env: Readonly<Record<string, string | undefined>>,
  program: { node: string; script: string | undefined; configFile: string | undefined },
): Invocation {
  const { node, script } = program;
  if (script === undefined || !isFile(script))
    throw new OaopsError('program-path', 'the path of this program is not known', {
      exitCode: ExitCode.failed,
      next: 'Start oaops by its full path.',
    });
  const configFile = program.configFile ?? env['OAOPS_CONFIG'];
  // systemd gives a service of root none.
  const home = env['HOME'] || homeOfAccount();
  const kept: Record<string, string> = {
    PATH: pathOf(env['PATH'] ?? ''),
    ...(home ? { HOME: resolve(home) } : {}),
    ...(configFile ? { OAOPS_CONFIG: resolve(configFile) } : {}),
  };
  for (const name of takenOver) {
    const value = env[name];
    if (value)
      kept[name] = value
        .split(':')
        .map((part) => (part === '' ? part : resolve(part)))
        .join(':');
  }
  for (const name of words) if (env[name]) kept[name] = env[name];
  const invocation = { node, script: resolve(script), env: kept };
  for (const text of [invocation.node, invocation.script, ...Object.values(kept)])
    if (/[\p{Cc}\\]/u.test(text))
      throw usageError(
        'unfit-text',
        `${JSON.stringify(text)} holds a control sign or a backslash, which no crontab can hold`,
        {
          next: 'Give the folder another name.',
        },
      );
  return invocation;
}

/** Settings of the environment that a job would not have: they may be secrets, so they are named and not written down. */
export function leftBehind(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...takenOver, ...words, 'OAOPS_CONFIG'];
  return Object.keys(env)
    .filter((name) => name.startsWith('OAOPS_') && !known.includes(name))
    .sort();
}

/** Folders of PATH in which others cannot put programs, and the usual ones behind them. */
function pathOf(path: string): string {
  const own = path
    .split(':')
    .filter((folder) => isAbsolute(folder) && !folder.includes('/node_modules') && isSafe(folder));
  return [...new Set([...own, ...standardPath])].join(':');
}

function isSafe(folder: string): boolean {
  const stat = statSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && (stat.mode & 0o002) === 0;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function homeOfAccount(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}
