import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort, startSshd, type TestSshd } from './sshd.ts';

const nginx = '/usr/sbin/nginx';

/**
 * The programs of an application on a host. Sessions find their host by OA_HOST, which its sshd sets. A package is a text file: the version in its
 * first line, and in the second whether it is `bad`: then the application dies as soon as more than a hundred users have it.
 */
const programs = {
  /** Gives the users on standard input the version of the package, has nginx read the map again, and refuses to give it to anybody twice. */
  'switch-on': `#!/bin/sh
set -eu
cd "$OA_HOST"
cat > batch
if grep -qxFf batch enabled; then echo "somebody has it already" >&2; exit 9; fi
version=$(head -n 1 "$1")
cat batch >> applied
cat batch >> enabled
awk -v version="$version" '{ print "\\"" $0 "\\" " version ";" }' enabled > users.new
mv users.new users.map
if [ "$(sed -n 2p "$1")" = bad ] && [ "$(wc -l < enabled)" -gt 100 ]; then rm -f www/health; fi
${nginx} -c "$OA_HOST/nginx.conf" -e "$OA_HOST/error.log" -s reload
if [ -e hold ] && [ "$(wc -l < batch)" -eq "$(cat hold)" ]; then
  touch held
  while [ -e hold ]; do sleep 0.05; done
fi
`,
  'switch-off': `#!/bin/sh
set -eu
cd "$OA_HOST"
cat > batch
grep -vxFf batch enabled > rest || true
mv rest enabled
awk '{ print "\\"" $0 "\\" 2.0;" }' enabled > users.new
mv users.new users.map
echo ok > www/health
${nginx} -c "$OA_HOST/nginx.conf" -e "$OA_HOST/error.log" -s reload
`,
  freeze: `#!/bin/sh
set -eu
echo freeze >> "$OA_HOST/freezes"
touch "$OA_HOST/frozen"
`,
  thaw: `#!/bin/sh
set -eu
echo thaw >> "$OA_HOST/freezes"
rm -f "$OA_HOST/frozen"
`,
};

/** A host of an office-automation system: an sshd of its own, and nginx that serves each user one version of the application. */
export interface OaHost {
  name: string;
  /** Of nginx. */
  url: string;
  sshd: TestSshd;
  /** The version that nginx gives to a user. */
  versionOf(user: string): Promise<string>;
  /** Versions to how many of these users nginx gives them. */
  served(users: Iterable<string>): Promise<Map<string, number>>;
  /** Users that have the new version now. */
  enabled(): string[];
  /** Users that it was ever given to, in order; who got it twice is there twice. */
  applied(): string[];
  /** `freeze` and `thaw` in the order in which they were called. */
  freezes(): string[];
  frozen(): boolean;
  /** Keeps the program that switches the version on from ending in a batch of so many, until `release`. */
  hold(members: number): void;
  isHeld(): boolean;
  release(): void;
  /** Forgets who got it. */
  forget(): void;
  stop(): Promise<void>;
}

/** Writes the programs into `folder`; they are the same on every host. */
export function writePrograms(folder: string): Record<keyof typeof programs, string> {
  const written = Object.entries(programs).map(([name, text]) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return [name, file];
  });
  return Object.fromEntries(written);
}

function configuration(folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${folder}/tmp-${name};\n`,
  );
  return `user root;
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
events { worker_connections 128; }
http {
  access_log off;
${temporary.join('')}  map_hash_max_size 8192;
  map $arg_user $version {
    default 1.0;
    include ${folder}/users.map;
  }
  server {
    listen 127.0.0.1:${port};
    default_type text/plain;
    root ${folder}/www;
    location = /version { return 200 $version; }
  }
}
`;
}

/** Starts sshd and nginx of one host; its files lie in `folder`. */
export async function startOaHost(name: string, folder: string): Promise<OaHost> {
  mkdirSync(join(folder, 'www'), { recursive: true });
  for (const file of ['users.map', 'enabled', 'applied', 'freezes']) writeFileSync(join(folder, file), '');
  writeFileSync(join(folder, 'www/health'), 'ok\n');
  const port = await freePort();
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port));
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(nginx, ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], { stdio: 'ignore' });
  await eventually(async () => {
    if (server.exitCode !== null) throw new Error(`nginx ended: ${readFileSync(join(folder, 'error.log'), 'utf8')}`);
    return (await ask(`${url}/health`).catch(() => '')) === 'ok\n';
  });
  const sshd = await startSshd({ config: [`SetEnv OA_HOST=${folder}`] });
  const lines = (file: string) => readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean);
  const versionOf = (user: string) => ask(`${url}/version?user=${encodeURIComponent(user)}`);
  return {
    name,
    url,
    sshd,
    versionOf,
    served: async (users) => {
      const found = new Map<string, number>();
      const left = [...users];
      const worker = async () => {
        for (let user = left.pop(); user !== undefined; user = left.pop()) {
          const version = await versionOf(user);
          found.set(version, (found.get(version) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: 20 }, worker));
      return found;
    },
    enabled: () => lines('enabled'),
    applied: () => lines('applied'),
    freezes: () => lines('freezes'),
    frozen: () => existsSync(join(folder, 'frozen')),
    hold: (members) => writeFileSync(join(folder, 'hold'), String(members)),
    isHeld: () => existsSync(join(folder, 'held')),
    release: () => {
      for (const file of ['hold', 'held']) spawnSync('rm', ['-f', join(folder, file)]);
    },
    forget: () => {
      for (const file of ['applied', 'freezes']) writeFileSync(join(folder, file), '');
    },
    stop: async () => {
      await Promise.all([ended(server), sshd.stop()]);
    },
  };
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = new Promise((resolve) => server.once('exit', resolve));
  // To the master: it ends its workers.
  server.kill('SIGTERM');
  await exit;
}

function ask(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      response.on('end', () => resolve(body));
    }).on('error', reject);
  });
}
