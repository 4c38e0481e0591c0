import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { median, spread, table } from './figures.ts';
import { ansibleWay, hasAnsible } from './hosts/ansible.ts';
import { fortyChecks, fortyFacts } from './hosts/forty-checks.ts';
import { inTurns, type Rounds, root, tellRounds, type Way } from './hosts/in-turns.ts';
import type { LoopbackHosts } from './hosts/loopback-hosts.ts';

const program = join(root, 'bin/run.js');

/** 40 checks on 50 hosts against Ansible finding out the same, and on this machine against the start-up of oaops. */
export const bench: Bench = {
  title: '40 checks on 50 hosts, and on one',
  async run({ runs = 3, scale, signal }, show) {
    const count = Math.max(1, Math.round(50 * scale));
    await inTurns(
      { count, runs, signal },
      (dir, hosts) => [
        ...farWays(dir, hosts, count).map((way) => ({ ...way, isNear: false })),
        ...nearWays(dir).map((way) => ({ ...way, isNear: true })),
      ],
      (ways, measured, rounds) => {
        const { near = [], far = [] } = Object.groupBy(ways, ({ isNear }) => (isNear ? 'near' : 'far'));
        show(report(far, near, measured, rounds));
      },
    );
  },
};

function farWays(dir: string, hosts: LoopbackHosts, count: number): Way[] {
  const { inventory } = hosts;
  const runbook = join(dir, 'forty.yaml');
  writeFileSync(runbook, fortyChecks({ inventory }));
  const ways: Way[] = [
    {
      name: `oaops inspect run, ${count} hosts`,
      command: { argv: [process.execPath, program, 'inspect', 'run', runbook] },
      env: { OAOPS_STATE_DIR: join(dir, 'state') },
    },
  ];
  if (!hasAnsible('ansible-playbook')) return ways;
  const playbook = join(dir, 'forty.playbook.json');
  writeFileSync(playbook, fortyFacts());
  ways.push(
    ansibleWay(dir, hosts, {
      name: `ansible-playbook -f ${count}, the same facts and commands`,
      command: { argv: ['ansible-playbook', '-i', inventory, '-f', String(count), playbook] },
      env: { ANSIBLE_PIPELINING: 'true' },
    }),
  );
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

function report(far: readonly Way[], near: readonly Way[], measured: Rounds, rounds: number): string {
  const wall = (name: string) => measured.get(name)!.map(({ wallS }) => wallS);
  const rowsOf = (ways: readonly Way[], goal: (share: number) => string) =>
    ways.map(({ name }, index) => {
      const share = median(wall(ways[0]!.name)) / median(wall(name));
      const cpu = measured.get(name)!.map(({ cpuS }) => cpuS);
      return [name, `${spread(wall(name), 2)} s`, `${spread(cpu, 2)} s`, index === 0 ? '' : goal(share)];
    });
  const titles = ['what', 'wall', 'processor', 'oaops against it'];
  const word = (met: boolean) => (met ? 'met' : 'missed');
  return `${tellRounds(measured, rounds)}

${table(
  titles,
  rowsOf(far, (share) => `${share.toFixed(3)} of its time (goal 0.200: ${word(share <= 0.2)})`),
)}

${table(
  titles,
  rowsOf(near, (share) => `${share.toFixed(1)} times as long (goal 3.0: ${word(share <= 3)})`),
)}`;
}
