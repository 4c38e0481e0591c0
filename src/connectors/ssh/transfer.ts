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

/** When the far side is to look what is new, after its first word; the last goes on. It costs no process there, as a pause would. */
const lookAfterMs = [200, 400, 1000];

/**
 * Sends a text (and what follows it on stdin) and reads both outputs until the channel is closed; with `holds`, until both
 * have said their last word, and the channel stays open. With `follows` the far side is told by empty lines on stdin when to look.
 */
export function transfer(
  channel: ClientChannel,
  text: string,
  out: MarkedStream,
  err: MarkedStream,
  signal: AbortSignal,
  { source, follows = false, holds = false }: { source?: StdinSource; follows?: boolean; holds?: boolean } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      channel.close();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    // An account whose start files read stdin would wait for more for ever.
    let timer = follows ? setTimeout(() => channel.end(), longestSilenceMs) : undefined;
    let looks = 0;
    const lookLater = () => {
      timer = setTimeout(
        () => {
          if (channel.writable) channel.write('\n');
          lookLater();
        },
        lookAfterMs[Math.min(looks++, lookAfterMs.length - 1)],
      );
    };
    const heard = () => {
      if (!follows || !out.begun) return;
      if (out.complete && err.hasTrailer) return over();
      if (looks > 0) return;
      clearTimeout(timer);
      lookLater();
    };
    const over = () => {
      clearTimeout(timer);
      if (!holds) return;
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
      clearTimeout(timer);
      resolve();
    });
    if (signal.aborted) abort();
    channel.write(text);
    if (!source) {
      if (!follows) channel.end();
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
