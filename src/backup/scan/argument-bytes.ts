import { readFileSync } from 'node:fs';

/**
 * Words of the command line as they were given. Node.js decodes them as UTF-8, and what is not valid there (a name in GBK)
 * becomes U+FFFD; proc_pid_cmdline(5) still has the bytes.
 */
export function argumentBytes(words: readonly string[]): (string | Uint8Array)[] {
  if (!words.some((word) => word.includes('\ufffd'))) return [...words];
  const raw = rawArguments();
  return words.map((word) => {
    if (!word.includes('\ufffd')) return word;
    // Two words may look the same when decoded: each is taken once.
    const at = raw.findIndex((bytes) => bytes.toString('utf8') === word);
    return at < 0 ? word : raw.splice(at, 1)[0]!;
  });
}

function rawArguments(): Buffer[] {
  try {
    const text = readFileSync('/proc/self/cmdline').toString('latin1');
    return text.split('\0').map((one) => Buffer.from(one, 'latin1'));
  } catch {
    return [];
  }
}
