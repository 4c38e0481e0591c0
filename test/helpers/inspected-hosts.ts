import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOaops } from './oaops.ts';
import { which } from './restore-script.ts';
import { startSshd, type TestSshd } from './sshd.ts';

/**
 * Hosts for inspections, each an sshd with a small filesystem of its own on /srv, services of its own in /etc/init.d, and an idle machine: load and
 * memory of the one that runs the tests are not part of a test.
 */
export interface InspectedHost {
  name: string;
  sshd: TestSshd;
  /** Fills its own filesystem to so many percent; 0 empties it. */
  fill(percent: number): void;
  /** Starts or stops a service: what its init script says from now on. */
  setService(name: string, running: boolean): void;
  /** The load average over five minutes. */
  setLoad(load: number): void;
  stop(): Promise<void>;
}

const data = '/srv';
const dataKiB = 4096;
/** Where the files of the machine with BusyBox lie. */
const root = '/srv';
const loadavg = (load: number) => `${load} ${load} ${load} 1/100 1000\n`;
const meminfo =
  'MemTotal: 8000000 kB\nMemFree: 2000000 kB\nMemAvailable: 6000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n';
const initScript = `#!/bin/sh
case $1 in status) [ -e /etc/init.d/running-$(basename "$0") ] || { echo stopped; exit 3; }; echo running ;; esac
`;

/** What stands in the place of others on a host, made in `folder`; the commands that mount it. */
function idle(folder: string, below: string, services: readonly string[]): string[] {
  const init = join(folder, 'init.d');
  mkdirSync(init, { recursive: true });
  for (const name of services) {
    writeFileSync(join(init, name), initScript, { mode: 0o755 });
    writeFileSync(join(init, `running-${name}`), '');
  }
  writeFileSync(join(folder, 'loadavg'), loadavg(0.2));
  writeFileSync(join(folder, 'meminfo'), meminfo);
  return [
    `mount --bind ${init} ${below}/etc/init.d`,
    `mount --bind ${join(folder, 'loadavg')} ${below}/proc/loadavg`,
    `mount --bind ${join(folder, 'meminfo')} ${below}/proc/meminfo`,
  ];
}

/** This machine under another name, by its own programs. */
export async function startHost(
  name: string,
  { services = [], world: more = [], config = [] }: { services?: string[]; world?: string[]; config?: string[] } = {},
): Promise<InspectedHost> {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-inspected-'));
  const world = [
    `hostname ${name}`,
    ...idle(folder, '', services),
    // Its services are not those of the machine that runs the tests.
    '[ ! -d /run/systemd ] || mount -t tmpfs tmpfs /run/systemd',
    `mount -t tmpfs -o mode=755,size=${dataKiB}k tmpfs ${data}`,
    ...more,
  ];
  return hostOf(name, folder, await startSshd({ world: world.join('\n'), config }), '');
}

/** A machine that has nothing but BusyBox. */
export async function startBusyboxHost(name: string, services: string[] = []): Promise<InspectedHost> {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-inspected-'));
  const busybox = which('busybox')!;
  const libraries = [...execFileSync('ldd', [busybox], { encoding: 'utf8' }).matchAll(/\/\S+\.so\S*/g)];
  const folders = 'bin usr/bin usr/sbin sbin etc/init.d proc dev tmp root run var/log boot srv';
  const world = [
    `hostname ${name}`,
    `mount -t tmpfs -o mode=755,size=16m tmpfs ${root}`,
    `cd ${root}`,
    `mkdir -p ${folders}`,
    `cp ${busybox} bin/busybox`,
    ...libraries.map(([path]) => `install -D ${path} ./${path}`),
    'chroot . /bin/busybox --install -s',
    'printf "root:x:0:0::/root:/bin/sh\\n" > etc/passwd',
    'printf "NAME=edge\\n" > etc/os-release',
    'touch "boot/vmlinuz-$(uname -r)"',
    'mount -t proc proc proc',
    'mount --bind /dev dev',
    ...idle(folder, root, services),
    `mount -t tmpfs -o mode=755,size=${dataKiB}k tmpfs ${root}${data}`,
  ];
  const inside = `ForceCommand exec ${which('chroot')} ${root} /bin/sh -c "$SSH_ORIGINAL_COMMAND"`;
  return hostOf(name, folder, await startSshd({ world: world.join('\n'), config: [inside] }), root);
}

function hostOf(name: string, folder: string, sshd: TestSshd, root: string): InspectedHost {
  return {
    name,
    sshd,
    fill: (percent) => {
      const filler = sshd.file(`${root}${data}/filler`);
      rmSync(filler, { force: true });
      if (percent > 0) writeFileSync(filler, Buffer.alloc(Math.floor((dataKiB * 1024 * percent) / 100), 'x'));
    },
    setService: (service, running) => {
      const mark = join(folder, 'init.d', `running-${service}`);
      if (running) writeFileSync(mark, '');
      else rmSync(mark, { force: true });
    },
    setLoad: (load) => writeFileSync(join(folder, 'loadavg'), loadavg(load)),
    stop: async () => {
      await sshd.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Folder of the user who inspects: inventory, known hosts, configuration, runbooks, state. */
export class Inspector {
  readonly dir = mkdtempSync(join(tmpdir(), 'oaops-inspector-'));
  readonly #inventory: string[] = [];
  #known = '';
  /** Added to the environment of oaops. */
  env: Record<string, string> = {};

  constructor() {
    mkdirSync(join(this.dir, '.ssh'), { mode: 0o700 });
    mkdirSync(join(this.dir, 'runbooks'));
  }

  /** A group of the inventory. */
  group(name: string, hosts: readonly InspectedHost[], more: readonly string[] = [], user = 'root'): this {
    const lines = hosts.map(
      ({ name: host, sshd }) =>
        `${host} ansible_host=127.0.0.1 ansible_port=${sshd.port} ansible_user=${user} ansible_ssh_private_key_file=${sshd.keyFile}`,
    );
    this.#inventory.push(`[${name}]`, ...lines, ...more, '');
    this.#known += hosts.map(({ sshd }) => sshd.knownHosts()).join('');
    writeFileSync(join(this.dir, 'hosts.ini'), this.#inventory.join('\n'));
    writeFileSync(join(this.dir, '.ssh/known_hosts'), this.#known);
    return this;
  }

  configure(...lines: string[]): void {
    const own = [`inventory: ${join(this.dir, 'hosts.ini')}`, 'runbooks: [runbooks]', 'timeZone: Asia/Shanghai'];
    this.file('oaops.yaml', [...own, ...lines, ''].join('\n'), 0o600);
  }

  file(name: string, text: string, mode = 0o644): string {
    const path = join(this.dir, name);
    writeFileSync(path, text, { mode });
    return path;
  }

  get environment(): Record<string, string> {
    return {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: this.dir,
      OAOPS_STATE_DIR: join(this.dir, 'state'),
      OAOPS_CONFIG: join(this.dir, 'oaops.yaml'),
      ...this.env,
    };
  }

  /** The real command line with nothing but its own environment. */
  oaops(...args: string[]) {
    return this.as({}, ...args);
  }

  /** As another person: `SUDO_UID` names who became root. */
  as(env: Record<string, string>, ...args: string[]) {
    return runOaops(args, { bare: true, env: { ...this.environment, ...env }, cwd: this.dir });
  }

  end(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
