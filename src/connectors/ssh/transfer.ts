import type { ClientChannel } from 'ssh2';
import { posixQuote } from '../process/quote.ts';
import type { MarkedStream } from './marked-stream.ts';

/** What follows a script on the stdin of a channel. */
export interface StdinSource {
  prefix: string;
  open: () => NodeJS.ReadableStream;
}

/** How long a login shell may take until the script begins, before it is told that nothing more comes. */
const longestSilenceMs = 10_000;

/**
 * Sends a script (and what follows it on stdin) and reads both outputs until the channel is closed; with `holds`, until both
 * have said their last word, and the channel stays open.
 */
export function transfer(
  channel: ClientChannel,
  script: string,
  out: MarkedStream,
  err: MarkedStream,
  end: string,
  signal: AbortSignal,
  { source, holds = false }: { source?: StdinSource; holds?: boolean } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      channel.close();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    // An account whose start files read stdin would wait for more for ever.
    const unheard = holds ? setTimeout(() => out.begun || channel.end(), longestSilenceMs) : undefined;
    const heard = () => {
      if (!holds || !out.complete || !err.hasTrailer) return;
      clearTimeout(unheard);
      signal.removeEventListener('abort', abort);
      resolve();
    };
    channel.on('data', (chunk: Buffer) => {
      holdBack(channel, out.push(chunk));
      heard();
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      err.push(chunk);
      heard();
    });
    // A broken channel shows as one that ends without its marks.
    channel.on('error', () => {});
    channel.on('close', () => {
      signal.removeEventListener('abort', abort);
      clearTimeout(unheard);
      resolve();
    });
    if (signal.aborted) abort();
    channel.write(`${end}\n${script}${end}\n`);
    if (!source) {
      if (!holds) channel.end();
      return;
    }
    channel.write(source.prefix);
    const stream = source.open();
    stream.on('error', () => channel.end());
    stream.pipe(channel.stdin ?? channel);
  });
}

/** A receiver that is busy stops the stream, and with it whoever writes to it, until it wants more. */
export function holdBack(stream: NodeJS.ReadableStream, busy: void | Promise<void>): void {
  if (!busy) return;
  stream.pause();
  const goOn = () => stream.resume();
  busy.then(goOn, goOn);
}

/** Shell variables for a remote text: `oaops_<name>=<quoted value>`, a line each. */
export function assignments(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `oaops_${name}=${value === '' ? "''" : posixQuote(value)}\n`)
    .join('');
}

/** Text for `printf %b`: backslashes and NUL bytes escaped (POSIX XCU printf). */
export function printfText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0000');
}
