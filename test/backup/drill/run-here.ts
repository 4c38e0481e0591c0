import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import type { RunCommand } from '../../../src/backup/drill/load/types.ts';

/** Programs of a drill, run as they are. */
export const runHere: RunCommand = (argv, cwd, timeoutMs, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd,
      env: { PATH: process.env['PATH'], ...options.env },
      timeout: timeoutMs,
      stdio: [options.stdinFile === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const out = { stdout: '', stderr: '' };
    child.stdout!.on('data', (chunk) => {
      out.stdout += chunk;
    });
    child.stderr!.on('data', (chunk) => {
      out.stderr += chunk;
    });
    if (options.stdinFile !== undefined)
      createReadStream(options.stdinFile)
        .pipe(child.stdin!)
        .on('error', () => {});
    child.on('close', (exitCode) =>
      resolve({ exitCode, timedOut: false, stdout: out.stdout.trimEnd(), tail: out.stderr || out.stdout }),
    );
  });
