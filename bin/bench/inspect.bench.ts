import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, type Measured, measure } from './backup/measure.ts';
import type { Bench } from './bench.ts';
import { median, spread, table } from './figures.ts';
import { fortyChecks, fortyFacts } from './hosts/forty-checks.ts';
import { type LoopbackHosts, startLoopbackHosts } from './hosts/loopback-hosts.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'bin/run.js');

interface Way {
  name: string;
  command: Command;
  env?: Record<string, string>;
  /** Ends what a run has left behind, outside of the measured time. */
  tidy?: () => void;
}

/** 40 checks on 50 hosts against Ansible finding out the same, and on this machine against the start-up of oaops. */
export const bench: Bench = {
  title: '40 checks on 50 hosts, and on one',
  async run({ runs = 3, scale, signal }, show) {
    if (!existsSync(join(root, 'oclif.manifest.json'))) throw new Error('run "npm run build" first');
    const count = Math.max(1, Math.round(50 * scale));
    const dir = mkdtempSync(join(tmpdir(), 'oaops-bench-'));
    let hosts: LoopbackHosts | undefined;
    try {
      hosts = await startLoopbackHosts(dir, count);
      const far = waysOf(dir, hosts, count);
      const near = nearWays(dir);
      const measured = new Map<string, Measured[]>([...far, ...near].map(({ name }) => [name, []]));
      // The first round fills caches and is not counted.
      for (let round = -1; round < runs; round++) {
        for (const { name, command, env, tidy } of [...far, ...near]) {
          const base = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: dir, LANG: 'C.UTF-8' };
          try {
            const result = await measure(command, { env: { ...base, ...env }, report: join(dir, 'time'), signal });
            if (round >= 0) measured.get(name)!.push(result);
          } finally {
            tidy?.();
          }
        }
        if (round >= 0) show(report(far, near, measured, round + 1));
      }
    } finally {
      await hosts?.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

function waysOf(dir: string, { inventory, knownHosts }: LoopbackHosts, count: number): Way[] {
  const runbook = join(dir, 'forty.yaml');
  writeFileSync(runbook, fortyChecks({ inventory }));
  const ways: Way[] = [
    {
      name: `oaops inspect run, ${count} hosts`,
      command: { argv: [process.execPath, program, 'inspect', 'run', runbook] },
      env: { OAOPS_STATE_DIR: join(dir, 'state') },
    },
  ];
  if (spawnSync('ansible-playbook', ['--version'], { stdio: 'ignore' }).status !== 0) return ways;
  const playbook = join(dir, 'forty.playbook.json');
  writeFileSync(playbook, fortyFacts());
  const control = join(dir, 'cp');
  ways.push({
    name: `ansible-playbook -f ${count}, the same facts and commands`,
    command: { argv: ['ansible-playbook', '-i', inventory, '-f', String(count), playbook] },
    env: {
      ANSIBLE_SSH_COMMON_ARGS: `-o UserKnownHostsFile=${knownHosts}`,
      ANSIBLE_SSH_CONTROL_PATH_DIR: control,
      ANSIBLE_LOCAL_TEMP: join(dir, 'ansible'),
      ANSIBLE_DEPRECATION_WARNINGS: 'false',
      ANSIBLE_PIPELINING: 'true',
    },
    tidy: () => {
      const end = `for s in ${control}/*; do [ -S "$s" ] && ssh -o ControlPath="$s" -O exit x; done`;
      spawnSync('/bin/sh', ['-c', end], { stdio: 'ignore' });
      rmSync(control, { recursive: true, force: true });
      mkdirSync(control);
    },
  });
  return ways;
}

function nearWays(dir: string): Way[] {
  const runbook = join(dir, 'forty-here.yaml');
  writeFileSync(runbook, fortyChecks({}));
  return [
    {
      name: 'oaops inspect run, this machine',
      command: { argv: [process.execPath, program, 'inspect', 'run', runbook] },
      env: { OAOPS_STATE_DIR: join(dir, 'state') },
    },
    { name: 'oaops --version', command: { argv: [process.execPath, program, '--version'] } },
  ];
}

function report(
  far: readonly Way[],
  near: readonly Way[],
  measured: ReadonlyMap<string, Measured[]>,
  rounds: number,
): string {
  const wall = (name: string) => measured.get(name)!.map(({ wallS }) => wallS);
  const loads = [...measured.values()].flat().map(({ load }) => load);
  const rowsOf = (ways: readonly Way[], goal: (share: number) => string) =>
    ways.map(({ name }, index) => {
      const share = median(wall(ways[0]!.name)) / median(wall(name));
      const cpu = measured.get(name)!.map(({ cpuS }) => cpuS);
      return [name, `${spread(wall(name), 2)} s`, `${spread(cpu, 2)} s`, index === 0 ? '' : goal(share)];
    });
  const titles = ['what', 'wall', 'processor', 'oaops against it'];
  const word = (met: boolean) => (met ? 'met' : 'missed');
  return `${rounds} rounds, in turns; load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}. Processor time is that of the near side only.

${table(
  titles,
  rowsOf(far, (share) => `${share.toFixed(3)} of its time (goal 0.200: ${word(share <= 0.2)})`),
)}

${table(
  titles,
  rowsOf(near, (share) => `${share.toFixed(1)} times as long (goal 3.0: ${word(share <= 3)})`),
)}`;
}
