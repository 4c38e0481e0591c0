import { writeOut } from '../core/write-out.ts';

/** One line to standard output. False when nobody reads it any more, as after `| head`: the list may end there. */
export function writeLine(line: string): Promise<boolean> {
  return writeOut(process.stdout, `${line}\n`);
}
