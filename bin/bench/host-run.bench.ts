import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { median, spread, table } from './figures.ts';
import { ansibleWay, hasAnsible } from './hosts/ansible.ts';
import { inTurns, type Rounds, root, tellRounds, type Way } from './hosts/in-turns.ts';
import type { LoopbackHosts } from './hosts/loopback-hosts.ts';

/** One way to run `true` on all hosts; `most` is the goal: the wall time of oaops as a share of this one. */
interface Rival extends Way {
  most?: number;
}

/** One command on many hosts, each an sshd of its own on this machine: the far side takes its share of the same cores. */
export const bench: Bench = {
  title: 'One command on 50 hosts',
  async run({ runs = 5, scale, signal }, show) {
    const count = Math.max(1, Math.round(50 * scale));
    await inTurns(
      { count, runs, signal },
      (dir, hosts) => waysOf(dir, hosts, count),
      (ways, measured, rounds) => show(report(ways, measured, rounds)),
    );
  },
};

function waysOf(dir: string, hosts: LoopbackHosts, count: number): Rival[] {
  const { addresses, port, user, keyFile, knownHosts, inventory } = hosts;
  const ssh = `ssh -p ${port} -i ${keyFile} -o UserKnownHostsFile=${knownHosts} -o BatchMode=yes`;
  const list = addresses.map((address) => `${user}@${address}`).join(' ');
  const oaops = [join(root, 'bin/run.js'), 'host', 'run', 'all', '--yes', '--inventory', inventory];
  const ways: Rival[] = [
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
  if (!hasAnsible('ansible')) return ways;
  for (const [module, most] of [
    ['raw', 1 / 5],
    ['command', 1 / 8],
  ] as const) {
    const argv = ['ansible', 'all', '-i', inventory, '-f', String(count), '-m', module, '-a', 'true'] as const;
    ways.push({ most, ...ansibleWay(dir, hosts, { name: `ansible -m ${module} -f ${count}`, command: { argv } }) });
  }
  return ways;
}

function report(ways: readonly Rival[], measured: Rounds, rounds: number): string {
  const wall = (name: string) => measured.get(name)!.map(({ wallS }) => wallS);
  const [own] = ways;
  const ours = median(wall(own!.name));
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
  return `${tellRounds(measured, rounds)}\n\n${table(['what', 'wall', 'processor', 'oaops against it'], rows)}${missing}`;
}
