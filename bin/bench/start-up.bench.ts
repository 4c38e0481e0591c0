import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';
import { median, table } from './figures.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'bin/run.js');

/** Start-up of light commands, turn by turn with a bare Node.js, so that a slow moment of the machine hits all of them. */
export const bench: Bench = {
  title: 'Start-up',
  async run({ runs = 15, signal }, show) {
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
    try {
      // The first round fills the compile cache and is not counted.
      for (let round = -1; round < runs; round++) {
        for (const [name, [file, ...args]] of commands) {
          signal.throwIfAborted();
          const began = performance.now();
          const { status } = spawnSync(file!, args, { env, stdio: 'ignore' });
          if (status !== 0) throw new Error(`${name} ended with ${status}`);
          if (round >= 0) times.get(name)!.push(performance.now() - began);
        }
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
    const bare = median(times.get('node -e 0')!);
    const rows = commands.map(([name]) => {
      const all = times.get(name)!;
      const over = `${Math.round(median(all) - bare)} ms over bare Node.js`;
      return [
        `\`${name}\``,
        `${Math.round(median(all))} ms`,
        `${Math.round(Math.min(...all))}-${Math.round(Math.max(...all))} ms`,
        name === 'node -e 0' ? 'the floor' : over,
      ];
    });
    show(`${runs} runs each.\n\n${table(['what', 'median', 'range', 'note'], rows)}`);
  },
};
