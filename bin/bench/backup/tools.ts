import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Command } from './measure.ts';
import type { Place } from './targets.ts';

/** A program under measurement: how each operation is called. What it cannot do is left out. */
export interface Tool {
  name: string;
  /** Programs it consists of, and the Debian package of each. */
  programs: Readonly<Record<string, string>>;
  /** Measured in the first round only: it is shown for orientation, the goals are against restic. */
  once?: boolean;
  onS3: boolean;
  env: Readonly<Record<string, string>>;
  init?(at: Place): Command;
  /** `name` is new for each backup of a repository. */
  backup(at: Place, source: string, name: string): Command;
  /** The newest backup, which has this name, into an empty folder. */
  restore(at: Place, name: string, target: string): Command;
  /** Reads and checks every stored byte. */
  verify?(at: Place): Command;
  /** Keeps the newest so many, and gives back the space. */
  prune?(at: Place, keep: number): Command[];
}

export interface Keys {
  recipients: readonly string[];
  identityFile: string;
}

/** Two key pairs, as the documentation asks for; the file holds the first private one. */
export async function makeKeys(folder: string): Promise<Keys> {
  const identities = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
  const identityFile = join(folder, 'identity.txt');
  writeFileSync(identityFile, `${identities[0]}\n`, { mode: 0o600 });
  return { recipients: await Promise.all(identities.map(identityToRecipient)), identityFile };
}

export const program = fileURLToPath(new URL('../../run.js', import.meta.url));

/** `flags` are for each backup, such as those of a refresh. */
export function oaops(keys: Keys, compileCache: string, name = 'oaops', flags: readonly string[] = []): Tool {
  const repo = ({ repository: r }: Place) => ('folder' in r ? r.folder : `s3://${r.bucket}/oaops`);
  const call = (at: Place, verb: string, ...args: string[]): Command => ({
    argv: [program, 'backup', verb, ...args, '--repo', repo(at)],
  });
  const identity = ['--identity', keys.identityFile];
  return {
    name,
    programs: {},
    onS3: true,
    // As on a machine where it was used before: Node.js has compiled it.
    env: { NODE_COMPILE_CACHE: compileCache },
    init: (at) => call(at, 'init', ...keys.recipients.flatMap((recipient) => ['--recipient', recipient])),
    backup: (at, source) => call(at, 'create', source, ...flags),
    restore: (at, _name, target) => call(at, 'restore', 'latest', '--target', target, ...identity),
    verify: (at) => call(at, 'verify', '--level', 'full', ...identity),
    // The first marks what no snapshot needs, the second deletes what was marked long enough ago.
    prune: (at, keep) => [
      call(at, 'prune', '--keep-last', String(keep), '--grace', '0s', '--confirm', repo(at)),
      call(at, 'prune', '--keep-last', String(keep), '--grace', '0s', '--confirm', repo(at)),
    ],
  };
}

export const restic: Tool = (() => {
  const repo = ({ repository: r }: Place) => ('folder' in r ? r.folder : `s3:${r.endpoint}/${r.bucket}`);
  const call = (at: Place, ...args: string[]): Command => ({ argv: ['restic', '-q', '-r', repo(at), ...args] });
  return {
    name: 'restic',
    programs: { restic: 'restic' },
    onS3: true,
    env: { RESTIC_PASSWORD: 'bench' },
    init: (at) => call(at, 'init'),
    backup: (at, source) => call(at, 'backup', source),
    restore: (at, _name, target) => call(at, 'restore', 'latest', '--target', target),
    verify: (at) => call(at, 'check', '--read-data'),
    prune: (at, keep) => [call(at, 'forget', '--keep-last', String(keep), '--prune')],
  };
})();

export const borg: Tool = (() => {
  const repo = ({ repository: r }: Place) => ('folder' in r ? r.folder : '');
  return {
    name: 'borg',
    programs: { borg: 'borgbackup' },
    once: true,
    onS3: false,
    env: { BORG_PASSPHRASE: 'bench' },
    init: (at) => ({ argv: ['borg', 'init', '-e', 'repokey', repo(at)] }),
    backup: (at, source, name) => ({ argv: ['borg', 'create', '-C', 'zstd,3', `${repo(at)}::${name}`, source] }),
    restore: (at, name, target) => ({ argv: ['borg', 'extract', `${repo(at)}::${name}`], cwd: target }),
    verify: (at) => ({ argv: ['borg', 'check', '--verify-data', repo(at)] }),
    prune: (at, keep) => [
      { argv: ['borg', 'prune', '--keep-last', String(keep), repo(at)] },
      { argv: ['borg', 'compact', repo(at)] },
    ],
  };
})();

/** What the machine can do at best with tar, one compression and one encryption; it finds nothing unchanged. */
export function pipeline(keys: Keys): Tool {
  const shell = (script: string, ...args: string[]): Command => ({
    argv: ['bash', '-c', `set -o pipefail; ${script}`, 'bash', ...args],
  });
  const file = ({ repository: r }: Place) => ('folder' in r ? `${r.folder}.tar.zst.age` : '');
  const recipients = keys.recipients.map((recipient) => `-r ${recipient}`).join(' ');
  return {
    name: 'tar, zstd, age',
    programs: { tar: 'tar', zstd: 'zstd', age: 'age' },
    once: true,
    onS3: false,
    env: {},
    backup: (at, source) => shell(`tar -C "$1" -cf - . | zstd -q -3 -T2 | age ${recipients} > "$2"`, source, file(at)),
    restore: (at, _name, target) =>
      shell('age -d -i "$1" "$2" | zstd -q -d | tar -C "$3" -xpf -', keys.identityFile, file(at), target),
  };
}

/** Debian packages of a tool that are not installed. */
export function packagesMissing({ programs }: Tool): string[] {
  return Object.entries(programs)
    .filter(([name]) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { stdio: 'ignore' }).status !== 0)
    .map(([, name]) => name);
}

/** `restic 0.14.0`: what was measured, for the record. */
export function versionsOf({ programs }: Tool): string[] {
  return Object.keys(programs).map((name) => {
    const { stdout } = spawnSync(name, [name === 'restic' ? 'version' : '--version'], { encoding: 'utf8' });
    return `${name} ${/v?\d+(\.\d+)+/.exec(stdout ?? '')?.[0] ?? 'of unknown version'}`;
  });
}
