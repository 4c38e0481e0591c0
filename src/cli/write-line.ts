import { once } from 'node:events';

/** One line to standard output; waits while the reader is slower than we are, so that a long list stays off the memory. */
export async function writeLine(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}
