import { OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';

export interface StdoutWriter {
  /** Aborted when nobody reads stdout any more. */
  closed: AbortSignal;
  /** Waits until the reader has taken it. @throws OaopsError `terminal-refused` (exit 4) */
  write(bytes: Buffer, what: { first: boolean; archive: boolean }): Promise<void>;
  /** Runs work that writes. A reader that went away ends it without an error, as `head` does with every program. */
  untilClosed<T>(work: () => Promise<T>): Promise<T | undefined>;
}

/** Bytes as they are, to a pipe or a file; a terminal gets text only, because other bytes would set it up anew. */
export function stdoutWriter(stdout: NodeJS.WriteStream = process.stdout): StdoutWriter {
  const closed = new AbortController();
  return {
    closed: closed.signal,
    async write(bytes, { first, archive }) {
      if (stdout.isTTY && (archive || (first && bytes.includes(0)))) throw terminalRefused();
      await new Promise<void>((resolve, reject) => {
        stdout.write(bytes, (error) => {
          if (error) closed.abort();
          if (error) reject(error);
          else resolve();
        });
      });
    },
    async untilClosed(work) {
      try {
        return await work();
      } catch (error) {
        if (closed.signal.aborted) return undefined;
        throw error;
      }
    },
  };
}

function terminalRefused(): OaopsError {
  return new OaopsError('terminal-refused', 'what would be written is not text, and stdout is a terminal', {
    exitCode: ExitCode.refused,
    next: 'Send it to a file or a program: "... > FILE" or "... | tar -x".',
  });
}
