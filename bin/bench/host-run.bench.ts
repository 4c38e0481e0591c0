import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, type Measured, measure } from './backup/measure.ts';
import type { Bench } from './bench.ts';
import { median, spread, table } from './figures.ts';
import { type LoopbackHosts, startLoopbackHosts } from './hosts/loopback-hosts.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One way to run `true` on all hosts; `most` is the goal: the wall time of oaops as a share of this one. */
interface Way {
  name: string;
  most?: number;
  command: Command;
  env?: Record<string, string>;
  /** Ends what a run has left behind, outside of the measured time. */
  tidy?: () => void;
}

/** One command on many hosts, each an sshd of its own on this machine: the far side takes its share of the same cores. */
export const bench: Bench = {
  title: 'One command on 50 hosts',
  async run({ runs = 5, scale, signal }, show) {
    if (!existsSync(join(root, 'oclif.manifest.json'))) throw new Error('run "npm run build" first');
    const count = Math.max(1, Math.round(50 * scale));
    const dir = mkdtempSync(join(tmpdir(), 'oaops-bench-'));
    let hosts: LoopbackHosts | undefined;
    try {
      hosts = await startLoopbackHosts(dir, count);
      const ways = waysOf(dir, hosts, count);
      const measured = new Map<string, Measured[]>(ways.map(({ name }) => [name, []]));
      // The first round fills caches and is not counted.
      for (let round = -1; round < runs; round++) {
        for (const { name, command, env, tidy } of ways) {
          const base = { PATH: '/usr/bin:/bin:/usr/sbin', HOME: dir, LANG: 'C.UTF-8' };
          try {
            const result = await measure(command, { env: { ...base, ...env }, report: join(dir, 'time'), signal });
            if (round >= 0) measured.get(name)!.push(result);
          } finally {
            tidy?.();
          }
        }
        if (round >= 0) show(report(ways, measured, round + 1));
      }
    } finally {
      await hosts?.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

function waysOf(dir: string, hosts: LoopbackHosts, count: number): Way[] {
  const { addresses, port, user, keyFile, knownHosts, inventory } = hosts;
  const ssh = `ssh -p ${port} -i ${keyFile} -o UserKnownHostsFile=${knownHosts} -o BatchMode=yes`;
  const list = addresses.map((address) => `${user}@${address}`).join(' ');
  const oaops = [join(root, 'bin/run.js'), 'host', 'run', 'all', '--yes', '--inventory', inventory];
  const ways: Way[] = [
    {
      name: 'oaops host run',
      command: { argv: [process.execPath, ...oaops, '--', 'true'] },
      env: { OAOPS_STATE_DIR: join(dir, 'state') },
    },
    {
      name: 'bare script with ssh2',
      most: 1.3,
      command: {
        argv: [
          process.execPath,
          join(root, 'bin/bench/hosts/bare-ssh2.ts'),
          String(port),
          user,
          keyFile,
          knownHosts,
          ...addresses,
        ],
      },
    },
    {
      name: `xargs -P${count} ssh`,
      most: 1,
      command: { argv: ['/bin/sh', '-c', `printf '%s\\n' ${list} | xargs -P${count} -I{} ${ssh} {} true`] },
    },
  ];
  if (spawnSync('ansible', ['--version'], { stdio: 'ignore' }).status !== 0) return ways;
  for (const [module, most] of [
    ['raw', 1 / 5],
    ['command', 1 / 8],
  ] as const) {
    const control = join(dir, 'cp');
    ways.push({
      name: `ansible -m ${module} -f ${count}`,
      most,
      command: { argv: ['ansible', 'all', '-i', inventory, '-f', String(count), '-m', module, '-a', 'true'] },
      env: {
        ANSIBLE_SSH_COMMON_ARGS: `-o UserKnownHostsFile=${knownHosts}`,
        ANSIBLE_SSH_CONTROL_PATH_DIR: control,
        ANSIBLE_LOCAL_TEMP: join(dir, 'ansible'),
        ANSIBLE_DEPRECATION_WARNINGS: 'false',
      },
      // Each run connects anew, as oaops does; its masters would stay for a minute.
      tidy: () => {
        const end = `for s in ${control}/*; do [ -S "$s" ] && ssh -o ControlPath="$s" -O exit x; done`;
        spawnSync('/bin/sh', ['-c', end], { stdio: 'ignore' });
        rmSync(control, { recursive: true, force: true });
        mkdirSync(control);
      },
    });
  }
  return ways;
}

function report(ways: readonly Way[], measured: ReadonlyMap<string, Measured[]>, rounds: number): string {
  const wall = (name: string) => measured.get(name)!.map(({ wallS }) => wallS);
  const [own] = ways;
  const ours = median(wall(own!.name));
  const loads = [...measured.values()].flat().map(({ load }) => load);
  const rows = ways.map(({ name, most }) => {
    const share = ours / median(wall(name));
    const cpu = measured.get(name)!.map(({ cpuS }) => cpuS);
    const goal =
      most === undefined
        ? ''
        : `${share.toFixed(2)} of its time (goal ${most.toFixed(3)}: ${share <= most ? 'met' : 'missed'})`;
    return [name, `${spread(wall(name), 2)} s`, `${spread(cpu, 2)} s`, goal];
  });
  const missing = ways.length < 5 ? '\n\nansible is not installed here.' : '';
  return `${rounds} rounds, in turns; load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}. Processor time is that of the near side only.\n\n${table(['what', 'wall', 'processor', 'oaops against it'], rows)}${missing}`;
}
