import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OutputCapture } from '../../src/connectors/process/capture.ts';
import { LocalHost } from '../../src/connectors/process/local-host.ts';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import type { Host, ProcessRequest } from '../../src/engine/ports.ts';
import type { HostCheckType } from '../../src/inspect/types.ts';
import { which } from './restore-script.ts';

/** Shells that a host may have as its `sh`, as far as this machine has them, each with its name. */
export const hostShells: readonly (readonly [string, readonly string[]])[] = (
  [['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'sh'], ['zsh', '--emulate', 'sh']] as const
)
  .filter(([program]) => which(program) !== undefined)
  .map((shell) => [shell.join(' '), shell] as const);

/** A host that runs scripts by a shell of this machine; as with real ones, output goes into files, and it ends when the shell does. */
export function shellHost(shell: readonly string[], env: Record<string, string> = {}): Host {
  return {
    run: async ({ argv: [text = '', ...words], env: more, onOutput }: ProcessRequest) => {
      const dir = mkdtempSync(join(tmpdir(), 'oaops-shell-host-'));
      const files = { stdout: join(dir, 'out'), stderr: join(dir, 'err') };
      const [out, err] = [openSync(files.stdout, 'w'), openSync(files.stderr, 'w')];
      try {
        const [program = '', ...first] = shell;
        const child = spawn(program, [...first, '-c', text, 'sh', ...words], {
          env: { PATH: process.env['PATH'] ?? '', ...env, ...more },
          stdio: ['ignore', out, err],
        });
        const [exitCode] = await once(child, 'exit');
        for (const stream of ['stdout', 'stderr'] as const) {
          const capture = new OutputCapture((line, goesOn) => onOutput?.(stream, line, goesOn));
          capture.push(readFileSync(files[stream]));
          capture.finish();
        }
        return { exitCode };
      } finally {
        closeSync(out);
        closeSync(err);
        rmSync(dir, { recursive: true });
      }
    },
  } as unknown as Host;
}

/** This machine as runs know it. */
export function thisMachine(stateDir: string, graceMs = 200): Host {
  const target = { name: 'localhost', connection: 'local', host: 'localhost', groups: [], vars: {} } as const;
  return new LocalHost(
    { ...target, groups: [], vars: {} },
    { stateDir, env: process.env, clock: systemClock, random: systemRandom, cwd: stateDir, graceMs },
  );
}

/** A type of check with this probe; what the host prints is not judged. */
export function probeType(probe: string, name = 'probe-type'): HostCheckType<never> {
  return {
    name,
    place: 'host',
    title: { en: name },
    withSchema: undefined,
    probe,
    words: () => [],
    judge: () => ({ state: 'pass', message: '' }),
  } as unknown as HostCheckType<never>;
}
