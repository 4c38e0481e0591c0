/** What the supervisor's `exit` file says. */
export type ExitRecord = { kind: 'exit'; code: number } | { kind: 'failed'; reason: string };

/** Reads "exit CODE" or "failed REASON"; undefined for anything else. */
export function parseExit(text: string): ExitRecord | undefined {
  const [word, value] = text.trim().split(' ');
  if (word === 'exit' && value !== undefined && /^\d{1,3}$/.test(value)) return { kind: 'exit', code: Number(value) };
  if (word === 'failed' && value) return { kind: 'failed', reason: value };
  return undefined;
}

const signalNames: Record<number, string> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
};

/**
 * The signal that a shell's exit code stands for (POSIX XCU 2.8.2: above 128), or null. A program that itself exits with
 * 128 + n cannot be told from one ended by signal n, so the code is kept beside the name.
 */
export function signalOf(code: number): string | null {
  return code > 128 ? (signalNames[code - 128] ?? null) : null;
}

/** What the supervisor's `pid` file says. */
export interface PidRecord {
  pid: number;
  /** Field 22 of /proc/<pid>/stat; `-` without /proc. */
  startTime: string;
  bootId: string;
}

export function parsePid(text: string): PidRecord | undefined {
  const match = /^(\d+) (\d+|-) (\S+)( \d+)?$/.exec(text.trim());
  return match ? { pid: Number(match[1]), startTime: match[2]!, bootId: match[3]! } : undefined;
}
