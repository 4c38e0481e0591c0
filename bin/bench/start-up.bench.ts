import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, Figure } from './bench.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'bin/run.js');

/** Start-up of light commands, turn by turn with a bare Node.js, so that a slow moment of the machine hits all of them. */
export const bench: Bench = {
  title: 'Start-up',
  async run({ runs }) {
    if (!existsSync(join(root, 'oclif.manifest.json'))) throw new Error('run "npm run build" first');
    const home = mkdtempSync(join(tmpdir(), 'oaops-bench-'));
    const env = { PATH: '/usr/bin:/bin', HOME: home, OAOPS_STATE_DIR: join(home, 'state') };
    const commands: [string, string[]][] = [
      ['node -e 0', [process.execPath, '-e', '0']],
      ['oaops --version', [program, '--version']],
      ['oaops --help', [program, '--help']],
      ['oaops runbook list', [program, 'runbook', 'list']],
    ];
    const times = new Map<string, number[]>(commands.map(([name]) => [name, []]));
    // The first round fills the compile cache and is not counted.
    for (let round = -1; round < runs; round++) {
      for (const [name, [file, ...args]] of commands) {
        const began = performance.now();
        const { status } = spawnSync(file!, args, { env, stdio: 'ignore' });
        if (status !== 0) throw new Error(`${name} ended with ${status}`);
        if (round >= 0) times.get(name)!.push(performance.now() - began);
      }
    }
    rmSync(home, { recursive: true, force: true });
    const bare = median(times.get('node -e 0')!);
    const figures = commands.map(([name]): Figure => {
      const all = times.get(name)!;
      const over = median(all) - bare;
      const note = name === 'node -e 0' ? 'the floor' : `${Math.round(over)} ms over bare Node.js`;
      return {
        name: `\`${name}\``,
        median: `${Math.round(median(all))} ms`,
        range: `${Math.round(Math.min(...all))}-${Math.round(Math.max(...all))} ms`,
        note,
      };
    });
    return { figures };
  },
};

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
