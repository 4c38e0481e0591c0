import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

export interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs oaops from its sources without blocking this process, whose servers it may talk to. `bare`: with nothing but `env`. */
export function runOaops(
  args: readonly string[],
  {
    env,
    cwd,
    bare = false,
    ...ids
  }: { env: Readonly<Record<string, string>>; cwd?: string; bare?: boolean; uid?: number; gid?: number },
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...(bare ? {} : { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...ids,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
