import { spawn } from 'node:child_process';
import { OaopsError } from '../../core/errors.ts';
import type { RandomSource } from '../../core/ids.ts';
import { MarkedStream } from '../ssh/marked-stream.ts';
import { assignments, holdBack } from '../ssh/transfer.ts';
import { baseEnvironment } from './environment.ts';
import type { ScriptShell } from './stream-unit.ts';
import { bootstrapText } from './supervisor.ts';

/** Runs on this machine the scripts that are made for the far side of ssh: /bin/sh reads them from a pipe. */
export class LocalShell implements ScriptShell {
  readonly name: string;
  readonly #options: { env: Readonly<Record<string, string | undefined>>; cwd: string; random: RandomSource };

  constructor(
    name: string,
    options: { env: Readonly<Record<string, string | undefined>>; cwd: string; random: RandomSource },
  ) {
    this.name = name;
    this.#options = options;
  }

  mark(): string {
    return `oaops-${Buffer.from(this.#options.random(16)).toString('hex')}`;
  }

  async run(
    script: string,
    { mark, onOut, onErr }: Parameters<ScriptShell['run']>[1],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    signal.throwIfAborted();
    const child = spawn('/bin/sh', ['-c', bootstrapText], {
      cwd: this.#options.cwd,
      env: baseEnvironment(this.#options.env),
      // A session of its own: Ctrl-C at the terminal is for oaops, which ends the command in order.
      detached: true,
      stdio: 'pipe',
    });
    const out = new MarkedStream(mark, onOut);
    const err = new MarkedStream(mark, onErr);
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => holdBack(child.stdout, out.push(chunk)));
    child.stderr.on('data', (chunk: Buffer) => void err.push(chunk));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => {
      endGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    child.once('error', (error) =>
      reject(new OaopsError('process-not-started', `/bin/sh could not be started: ${error.message}`)),
    );
    child.once('close', () => resolve());
    const end = this.mark();
    child.stdin.end(`${end}\n${script}${end}\n`);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
    return out.complete && err.complete ? err.trailer : undefined;
  }

  async ask(values: Record<string, string>, text: string, signal: AbortSignal): Promise<string> {
    const mark = this.mark();
    const chunks: Buffer[] = [];
    const onOut = (chunk: Buffer) => void chunks.push(Buffer.from(chunk));
    const script = assignments({ n: mark, ...values }) + text;
    const trailer = await this.run(script, { mark, onOut, onErr: () => undefined }, signal);
    if (trailer !== undefined) return Buffer.concat(chunks).toString().trim();
    throw new OaopsError('process-not-ended', `a helper script on ${this.name} did not end in order`);
  }
}

/** The script and what it started beside the command; the command has a session of its own. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Ended already.
  }
}
