import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, type Measured, measure } from '../backup/measure.ts';
import { type LoopbackHosts, startLoopbackHosts } from './loopback-hosts.ts';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** One way to do the same work on all hosts. */
export interface Way {
  name: string;
  command: Command;
  env?: Record<string, string>;
  /** Ends what a run has left behind, outside of the measured time. */
  tidy?: () => void;
}

/** What was measured of each way, by its name. */
export type Rounds = ReadonlyMap<string, readonly Measured[]>;

/**
 * Starts `count` hosts on this machine, each an sshd of its own, and does the work each way in turns; `show` gets what there is after each round.
 * @throws Error when oaops was not built, or one of the ways fails
 */
export async function inTurns<W extends Way>(
  { count, runs, signal }: { count: number; runs: number; signal: AbortSignal },
  waysOf: (dir: string, hosts: LoopbackHosts) => W[],
  show: (ways: readonly W[], measured: Rounds, rounds: number) => void,
): Promise<void> {
  if (!existsSync(join(root, 'oclif.manifest.json'))) throw new Error('run "npm run build" first');
  const dir = mkdtempSync(join(tmpdir(), 'oaops-bench-'));
  let hosts: LoopbackHosts | undefined;
  try {
    hosts = await startLoopbackHosts(dir, count);
    const ways = waysOf(dir, hosts);
    const measured = new Map<string, Measured[]>(ways.map(({ name }) => [name, []]));
    // The first round fills caches and is not counted.
    for (let round = -1; round < runs; round++) {
      for (const { name, command, env, tidy } of ways) {
        const base = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: dir, LANG: 'C.UTF-8' };
        try {
          const result = await measure(command, { env: { ...base, ...env }, report: join(dir, 'time'), signal });
          if (round >= 0) measured.get(name)!.push(result);
        } finally {
          tidy?.();
        }
      }
      if (round >= 0) show(ways, measured, round + 1);
    }
  } finally {
    await hosts?.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Under which conditions it was measured, for the head of a report. */
export function tellRounds(measured: Rounds, rounds: number): string {
  const loads = [...measured.values()].flat().map(({ load }) => load);
  return `${rounds} rounds, in turns; load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}. Processor time is that of the near side only.`;
}
