import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLinux } from '../../src/accounts/directories/linux.ts';
import type { OpenDirectory } from '../../src/accounts/directory.ts';
import type { AccountDoors } from '../../src/accounts/ports.ts';
import { type DirectorySpecOf, directorySchema } from '../../src/accounts/schema/directories.ts';
import { SshDoor } from '../../src/connectors/ssh/ssh-door.ts';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import type { Host, Target } from '../../src/engine/ports.ts';
import { freePort, startSshd } from './sshd.ts';

/** A host whose accounts may be changed as one likes: the same machine behind an sshd in a mount namespace, with copies of its own of /etc and all places that accounts have. */
export interface AccountsHost {
  /** Targets: `h1` is the host, `gone` has nothing that listens, `sudo` is the host for the user oa-admin, who has to become root. */
  host(name: string): Promise<Host>;
  /** How root comes in, for commands that are processes of their own. */
  login: { port: number; keyFile: string; knownHosts: string };
  nowMs: number;
  directory(spec?: Record<string, unknown>, names?: string[]): Promise<OpenDirectory>;
  /** Runs a script as root on the host; gives what it printed. @throws when it fails */
  sh(script: string, ...words: string[]): Promise<string>;
  /** A file as it is, or null. */
  bytes(path: string): string | null;
  /** Everything that changes of accounts touch, by path: contents, mode and owner. */
  everything(login: string): Promise<Record<string, string | null>>;
  /** Whether the key that `addUser` made lets in. */
  letsIn(login: string): boolean;
  /** A user with a home, a password, and a key. */
  addUser(login: string, uid: number): Promise<void>;
  stop(): Promise<void>;
}

const world = `
mount --make-rprivate /
copy=$(mktemp -d)
mount -t tmpfs tmpfs "$copy"
mkdir "$copy/etc" "$copy/log"
cp -a /etc/. "$copy/etc"
mount --bind "$copy/etc" /etc
mount --bind "$copy/log" /var/log
for folder in /home /root /var/lib /var/spool /var/mail; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
mkdir -p /var/spool/cron/crontabs /var/spool/cron/atjobs /var/lib/systemd/linger /var/lib/sudo /root/.ssh
chmod 1730 /var/spool/cron/crontabs
rm -f /etc/ssh/sshd_config.d/* /etc/cron.d/*
: >/etc/ssh/sshd_config
umount -l "$copy"
rmdir "$copy"
`;

export async function startAccountsHost(): Promise<AccountsHost> {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-accounts-'));
  chmodSync(dir, 0o755);
  const sshd = await startSshd({ world, config: ['AuthorizedKeysFile .ssh/authorized_keys'] });
  const rootKeys = sshd.file('/root/.ssh/authorized_keys');
  writeFileSync(rootKeys, readFileSync(`${sshd.keyFile}.pub`));
  const userKey = join(dir, 'user_key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', userKey]);
  const knownHosts = join(dir, 'known_hosts');
  writeFileSync(knownHosts, sshd.knownHosts());
  const door = new SshDoor({
    env: {},
    home: dir,
    localUser: 'root',
    configFiles: [],
    knownHostsFiles: [knownHosts],
    warn: () => {},
    clock: systemClock,
    random: systemRandom,
    graceMs: 300,
  });
  const closed = await freePort();
  const target = (name: string, port: number): Target => ({
    name,
    connection: 'ssh',
    host: '127.0.0.1',
    port,
    user: 'root',
    identityFile: sshd.keyFile,
    groups: [],
    vars: {},
  });
  const targets: Record<string, Target> = {
    h1: target('h1', sshd.port),
    gone: target('gone', closed),
    sudo: { ...target('sudo', sshd.port), user: 'oa-admin', identityFile: userKey },
  };
  const signal = new AbortController().signal;
  const self: AccountsHost = {
    login: { port: sshd.port, keyFile: sshd.keyFile, knownHosts },
    nowMs: Date.now(),
    host: (name) => door.open(targets[name]!, signal),
    async directory(spec = {}, names = ['h1']) {
      const parsed = directorySchema.parse({ type: 'linux', id: 'hosts', targets: names, minUid: 58_000, ...spec });
      const doors = {
        host: (name: string) => self.host(name),
        hostNames: () => names,
        nowMs: () => self.nowMs,
      } as unknown as AccountDoors;
      return openLinux(parsed as DirectorySpecOf<'linux'>, doors, signal);
    },
    async sh(script, ...words) {
      const host = await self.host('h1');
      const result = await host.run({ argv: [script, ...words], shell: true }, signal);
      if (result.exitCode !== 0) throw new Error(`${script}: exit ${result.exitCode}: ${result.stderr.head}`);
      return result.stdout.head;
    },
    bytes(path) {
      try {
        return readFileSync(sshd.file(path), 'latin1');
      } catch {
        return null;
      }
    },
    async everything(login) {
      const files = [
        '/etc/passwd',
        '/etc/group',
        '/etc/shadow',
        '/etc/gshadow',
        '/etc/sudoers',
        `/etc/sudoers.d/${login}`,
        '/etc/sudoers.d/shared',
        `/home/${login}/.ssh/authorized_keys`,
        `/etc/ssh/keys/${login}`,
        `/var/spool/cron/crontabs/${login}`,
        `/var/lib/systemd/linger/${login}`,
      ];
      const list = await self.sh(
        'for file; do stat -c "%n %a %u %g" "$file" 2>/dev/null; done; ls -A /etc/sudoers.d "/home/$0" "/home/$0/.ssh" /var/spool/cron/crontabs /var/spool/cron/atjobs 2>/dev/null; :'.replaceAll(
          '$0',
          login,
        ),
        ...files,
      );
      return { list, ...Object.fromEntries(files.map((file) => [file, self.bytes(file)])) };
    },
    letsIn(login) {
      const options = [
        '-o',
        `UserKnownHostsFile=${knownHosts}`,
        '-o',
        'BatchMode=yes',
        '-o',
        'IdentitiesOnly=yes',
        '-o',
        'PreferredAuthentications=publickey',
      ];
      const words = [
        '-F',
        'none',
        ...options,
        '-i',
        userKey,
        '-p',
        String(sshd.port),
        '-l',
        login,
        '127.0.0.1',
        'true',
      ];
      return spawnSync('ssh', words, { stdio: 'ignore' }).status === 0;
    },
    async addUser(login, uid) {
      await self.sh(
        'useradd -m -u "$2" -s /bin/sh -c "Joe Doe,4711" "$1" && printf "%s:old-Secret-1\\n" "$1" | chpasswd && mkdir -p "/home/$1/.ssh"',
        login,
        String(uid),
      );
      const keys = sshd.file(`/home/${login}/.ssh/authorized_keys`);
      mkdirSync(join(keys, '..'), { recursive: true });
      writeFileSync(keys, readFileSync(`${userKey}.pub`), { mode: 0o600 });
      await self.sh('chown -R "$1:" "/home/$1/.ssh"', login);
    },
    async stop() {
      await door.closeAll();
      await sshd.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return self;
}
