import { readdirSync, readFileSync } from 'node:fs';

/** Living processes whose command line holds a text; zombies and this process don't count. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        if (/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return false;
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/**
 * True once the command `sleep SECONDS` itself runs. The supervisor, and forks of it that have not become the command yet,
 * carry the same words in their command lines.
 */
export function isSleeping(seconds: string): boolean {
  return processesWith(seconds).some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\0${seconds}\0`;
    } catch {
      return false;
    }
  });
}
