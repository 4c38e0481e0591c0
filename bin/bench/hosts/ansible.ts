import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Way } from './in-turns.ts';
import type { LoopbackHosts } from './loopback-hosts.ts';

/** Whether `ansible` or `ansible-playbook` is installed here. */
export function hasAnsible(program: 'ansible' | 'ansible-playbook'): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Connects anew in each run, as oaops does: its masters would stay for a minute. */
export function ansibleWay(
  dir: string,
  { knownHosts }: LoopbackHosts,
  way: Pick<Way, 'name' | 'command' | 'env'>,
): Way {
  const control = join(dir, 'cp');
  return {
    ...way,
    env: {
      ANSIBLE_SSH_COMMON_ARGS: `-o UserKnownHostsFile=${knownHosts}`,
      ANSIBLE_SSH_CONTROL_PATH_DIR: control,
      ANSIBLE_LOCAL_TEMP: join(dir, 'ansible'),
      ANSIBLE_DEPRECATION_WARNINGS: 'false',
      ...way.env,
    },
    tidy: () => {
      const end = `for s in ${control}/*; do [ -S "$s" ] && ssh -o ControlPath="$s" -O exit x; done`;
      spawnSync('/bin/sh', ['-c', end], { stdio: 'ignore' });
      rmSync(control, { recursive: true, force: true });
      mkdirSync(control);
    },
  };
}
