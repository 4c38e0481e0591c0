import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalHost } from '../../src/connectors/process/local-host.ts';
import { SshDoor } from '../../src/connectors/ssh/ssh-door.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import type { HostDoor, Target } from '../../src/engine/ports.ts';
import { startSshd, type TestSshd } from './sshd.ts';

export const localTarget: Target = { name: 'localhost', connection: 'local', host: 'localhost', groups: [], vars: {} };

/** The local machine, and the same machine behind an sshd on loopback under the name `far`. */
export interface TestHosts extends HostDoor {
  dir: string;
  sshd: TestSshd;
  far: Target;
  stop(): Promise<void>;
}

export async function startHosts(options: { env?: Record<string, string>; clock?: Clock } = {}): Promise<TestHosts> {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-hosts-'));
  const sshd = await startSshd();
  const knownHosts = join(dir, 'known_hosts');
  writeFileSync(knownHosts, sshd.knownHosts());
  const common = { clock: options.clock ?? systemClock, random: systemRandom, graceMs: 300 };
  const ssh = new SshDoor({
    env: {},
    home: dir,
    localUser: 'root',
    configFiles: [],
    knownHostsFiles: [knownHosts],
    warn: () => {},
    ...common,
  });
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: dir, ...options.env };
  const far: Target = {
    name: 'far',
    connection: 'ssh',
    host: '127.0.0.1',
    port: sshd.port,
    user: 'root',
    identityFile: sshd.keyFile,
    groups: [],
    vars: {},
  };
  return {
    dir,
    sshd,
    far,
    async open(target, signal) {
      if (target.connection === 'local') return new LocalHost(target, { stateDir: dir, env, cwd: dir, ...common });
      return ssh.open(target, signal);
    },
    closeAll: () => ssh.closeAll(),
    async stop() {
      await ssh.closeAll();
      await sshd.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
