import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

export interface Command {
  argv: readonly [string, ...string[]];
  cwd?: string;
}

export interface Measured {
  wallS: number;
  /** User and system time of the command and the processes it started. */
  cpuS: number;
  /** Most memory of one process at one time. */
  rssMib: number;
  /** Load average of the machine when it began. */
  load: number;
}

/** Nothing measured here takes as long on a machine that works. */
const limitMs = 20 * 60_000;

/**
 * Runs a command to its end under GNU time(1), which writes its figures into the file `report`.
 * @throws Error with the last words of a command that did not end with 0, was stopped, or took too long
 */
export async function measure(
  { argv, cwd }: Command,
  { env, report, signal }: { env: NodeJS.ProcessEnv; report: string; signal: AbortSignal },
): Promise<Measured> {
  signal.throwIfAborted();
  const load = loadavg()[0]!;
  const began = performance.now();
  const { status, words } = await runGroup(['/usr/bin/time', '-o', report, '-f', '%U %S %M', ...argv], {
    env,
    cwd,
    signal,
  });
  const wallS = (performance.now() - began) / 1000;
  signal.throwIfAborted();
  if (status !== 0)
    throw new Error(`"${argv[0]}" ended with ${status}: ${words.trim().split('\n').slice(-4).join(' / ')}`);
  const [user, system, rssKib] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
  return { wallS, cpuS: user! + system!, rssMib: rssKib! / 1024, load };
}

/** In a process group of its own, which is killed as a whole when it is to end early. */
function runGroup(
  [file, ...args]: [string, ...string[]],
  { env, cwd, signal }: { env: NodeJS.ProcessEnv; cwd: string | undefined; signal: AbortSignal },
): Promise<{ status: number | string; words: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, cwd, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-4000);
    });
    const kill = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
    const timer = setTimeout(kill, limitMs);
    signal.addEventListener('abort', kill);
    const settled = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
    };
    child.once('error', (error) => {
      settled();
      reject(error);
    });
    child.once('close', (code, killedBy) => {
      settled();
      resolve({ status: code ?? killedBy ?? 'unknown', words });
    });
  });
}
