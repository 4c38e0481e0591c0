import type { Clock } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import type { StreamRequest, StreamResult } from '../../engine/ports.ts';
import { endText } from '../ssh/remote-texts.ts';
import { assignments, printfText } from '../ssh/transfer.ts';
import type { BecomePlan } from './become.ts';
import { OutputCapture } from './capture.ts';
import { startDeadline } from './deadline.ts';
import { parseExit } from './exit.ts';
import { commandVariables, posixQuoteAll } from './quote.ts';
import { assertEnded, unitResult } from './result.ts';
import { streamText } from './stream-text.ts';
import { endTreeText, supervisorText } from './supervisor.ts';

/** Runs scripts of ours by /bin/sh, here or behind ssh. */
export interface ScriptShell {
  /** Name of the target. */
  readonly name: string;
  mark(): string;
  /** Gives what followed the last mark; undefined when that has not come. */
  run(
    script: string,
    outputs: { mark: string; onOut: (chunk: Buffer) => void | Promise<void>; onErr: (chunk: Buffer) => void },
    signal: AbortSignal,
  ): Promise<string | undefined>;
  ask(values: Record<string, string>, text: string, signal: AbortSignal, urgent?: boolean): Promise<string>;
}

/** How long a command may take to be gone after it was ended. */
const endedMs = 10_000;

/** Runs one command and hands its stdout on, held back by the receiver; see `streamText`. */
export async function streamUnit(
  shell: ScriptShell,
  unit: string,
  plan: BecomePlan,
  request: StreamRequest,
  signal: AbortSignal,
  { clock, graceMs = 5000 }: { clock: Clock; graceMs?: number },
): Promise<StreamResult> {
  signal.throwIfAborted();
  const mark = shell.mark();
  const text = plan.stdinPrefix + (request.stdin ?? '');
  const script = [
    assignments({
      n: mark,
      u: unit,
      s: supervisorText,
      env: commandVariables(request.env),
      h: text === '' ? 'none' : 'text',
      in: printfText(text),
    }),
    `set -- ${posixQuoteAll([request.cwd ?? '', plan.mode, plan.user, plan.keepEnv, ...plan.argv])}\n`,
    streamText,
  ].join('');
  const err = new OutputCapture();
  const startedMs = clock.monotonicMs();
  const giveUp = new AbortController();
  let stdoutBytes = 0;
  let refused: { error: unknown } | undefined;
  let ending: Promise<void> | undefined;
  const endTree = async () => {
    const { method = '', user = '' } = request.become ?? {};
    const values = { u: unit, s: endTreeText, g: String(Math.ceil(graceMs / 100)), m: method, w: user };
    try {
      const left = await shell.ask(values, endText, AbortSignal.timeout(30_000 + graceMs), true);
      assertEnded(shell.name, left);
      await clock.sleep(endedMs, deadline.over).catch(() => undefined);
    } finally {
      giveUp.abort(lost(shell.name));
    }
  };
  const end = () => {
    ending ??= endTree();
    ending.catch(() => undefined);
  };
  const deadline = startDeadline(clock, request.timeoutMs, signal, end);
  const refuse = (error: unknown) => {
    refused ??= { error };
    end();
  };
  const onOut = (chunk: Buffer): void | Promise<void> => {
    stdoutBytes += chunk.length;
    // What still comes from a command that is being ended is for nobody.
    if (ending) return;
    try {
      return request.onData(chunk)?.catch(refuse);
    } catch (error) {
      refuse(error);
    }
  };
  let trailer: string | undefined;
  try {
    trailer = await shell.run(script, { mark, onOut, onErr: (chunk) => err.push(chunk) }, giveUp.signal);
  } catch (error) {
    if (!ending) throw error;
  } finally {
    deadline.release();
  }
  await ending;
  if (refused) throw refused.error;
  signal.throwIfAborted();
  const exit = parseExit(trailer ?? '');
  if (!deadline.timedOut && trailer === undefined) throw lost(shell.name);
  const stderr = err.finish();
  const { stdout: _, ...result } = unitResult({
    target: shell.name,
    unit,
    exit,
    timedOut: deadline.timedOut,
    request,
    durationMs: () => clock.monotonicMs() - startedMs,
    outputs: () => ({ stdout: stderr, stderr }),
  });
  return { ...result, stdoutBytes };
}

function lost(target: string): OaopsError {
  return new OaopsError('session-lost', `the connection to ${target} was lost before the command had ended`, {
    next: 'Try again when the network is stable.',
    details: { target },
  });
}
