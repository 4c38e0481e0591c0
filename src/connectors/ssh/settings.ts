import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import { parseDuration, tryParseDuration } from '../../core/units.ts';
import type { SecretDoor, Target } from '../../engine/ports.ts';
import { FileCache } from './file-cache.ts';
import { type KnownHostLine, parseKnownHosts } from './known-hosts.ts';
import { expandHome, expandTokens, expandVariables, hostNameOf, readSshConfig, type SshOptions } from './ssh-config.ts';

export interface SshDoorOptions {
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  /** Name of the account that oaops runs as. */
  localUser: string;
  secrets?: SecretDoor;
  warn(message: string): void;
  /** ssh_config files in order of precedence; default `~/.ssh/config`, `/etc/ssh/ssh_config`. */
  configFiles?: string[];
  /** Instead of the known_hosts files that ssh_config names. */
  knownHostsFiles?: string[];
}

/** Everything needed to reach one host: inventory first, then ssh_config(5), then the defaults of ssh. */
export interface SshSettings {
  /** As named in the inventory, for messages. */
  name: string;
  host: string;
  port: number;
  user: string;
  /** Name under which the host key is known (HostKeyAlias, else `host`). */
  keyName: string;
  keyPort: number;
  knownHosts: KnownHostLine[];
  knownHostsFiles: string[];
  /** Key files in the order to try; `explicit` = named by somebody, not a default. */
  identities: { path: string; explicit: boolean }[];
  /** CertificateFile: the ssh library has no user certificates, which is told when the login fails. */
  certificates: string[];
  /** Only these keys, also from the agent. */
  identitiesOnly: boolean;
  agentSocket?: string;
  passwordRef?: string;
  jumps: string[];
  connectTimeoutMs: number;
  keepaliveMs: number;
  keepaliveCount: number;
}

const defaultIdentities = ['id_rsa', 'id_ecdsa', 'id_ed25519'];

/** @throws OaopsError `ssh-proxy-command`, `ssh-config-*`, `ssh-user-invalid` */
export async function sshSettings(target: Target, door: SshDoorOptions): Promise<SshSettings> {
  const files = door.configFiles ?? [join(door.home, '.ssh/config'), '/etc/ssh/ssh_config'];
  const options = readSshConfig(files, {
    host: target.host,
    user: target.user,
    localUser: door.localUser,
    home: door.home,
    warn: door.warn,
  });
  const first = (name: string) => options.get(name)?.[0];
  const host = hostNameOf(options, target.host);
  const port = target.port ?? portOf(first('port'), target.host) ?? 22;
  const user = target.user ?? first('user') ?? door.localUser;
  const alias = first('hostkeyalias');
  const configured = jumpsOf(target.proxyJump ?? first('proxyjump'));
  const tokens = {
    h: host,
    n: target.host,
    p: String(port),
    r: user,
    u: door.localUser,
    d: door.home,
    i: String(process.getuid?.() ?? ''),
    j: configured.length > 0 ? (target.proxyJump ?? first('proxyjump') ?? '') : '',
    k: alias ?? host,
    l: hostname(),
    L: hostname().replace(/\..*/, ''),
  };
  const path = (text: string) => expandTokens(expandVariables(expandHome(text, door.home), door.env), tokens);
  // As ssh does: "Host *" with a ProxyJump also holds for the jump host, which is not its own jump host.
  const jumps =
    target.proxyJump === undefined && configured.some((hop) => jumpTarget(hop).host === target.host) ? [] : configured;
  const command = first('proxycommand');
  if (jumps.length === 0 && command !== undefined && command.toLowerCase() !== 'none') {
    throw new OaopsError('ssh-proxy-command', `ssh_config has a ProxyCommand for ${target.host}, which is not run`, {
      next: 'Write the jump host as ProxyJump.',
    });
  }
  if (['no', 'off', 'accept-new'].includes(first('stricthostkeychecking')?.toLowerCase() ?? '')) {
    door.warn(
      `StrictHostKeyChecking ${first('stricthostkeychecking')} for ${target.host} is not followed: an unknown host key is always refused`,
    );
  }
  const knownHostsFiles = door.knownHostsFiles ?? namedKnownHostsFiles(options, path, door.home);
  const agent = agentSocketOf(first('identityagent'), door.env, path);
  return {
    name: target.name,
    host,
    port,
    user,
    keyName: alias ?? host,
    keyPort: alias ? 22 : port,
    knownHosts: [
      ...(options.get('revokedhostkeys') ?? []).flatMap((file) => readRevokedKeys(path(file), target.host)),
      ...knownHostsFiles.flatMap((file) => readKnownHosts(file, door.warn)),
    ],
    knownHostsFiles,
    identities: identitiesOf(target, options.get('identityfile'), path, door.home),
    certificates: options.get('certificatefile') ?? [],
    identitiesOnly: ['yes', 'true'].includes(first('identitiesonly')?.toLowerCase() ?? ''),
    ...(agent !== undefined && { agentSocket: agent }),
    ...(target.password !== undefined && { passwordRef: target.password }),
    jumps,
    connectTimeoutMs: secondsOf(first('connecttimeout')) ?? 20_000,
    keepaliveMs: secondsOf(first('serveraliveinterval')) || 15_000,
    keepaliveCount: Number(first('serveralivecountmax') ?? 3) || 3,
  };
}

/** `[user@]host[:port]` or `ssh://...`, comma-separated, first hop first; `none` = no jump. */
export function jumpsOf(text: string | undefined): string[] {
  if (text === undefined || text.toLowerCase() === 'none') return [];
  return text
    .split(',')
    .map((hop) => hop.trim())
    .filter(Boolean);
}

/** One hop as a target. @throws OaopsError `ssh-jump-invalid` */
export function jumpTarget(hop: string): Target {
  const match = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(\[[^\]]+\]|[^:\s]+)(?::(\d{1,5}))?\/?$/.exec(hop);
  if (!match)
    throw new OaopsError('ssh-jump-invalid', `"${hop}" is not a jump host`, { next: 'Write user@host:port.' });
  const host = match[2]!.replace(/^\[|\]$/g, '');
  return {
    name: hop,
    connection: 'ssh',
    host,
    ...(match[3] !== undefined && { port: Number(match[3]) }),
    ...(match[1] !== undefined && { user: match[1] }),
    groups: [],
    vars: {},
  };
}

function identitiesOf(
  target: Target,
  configured: string[] | undefined,
  path: (text: string) => string,
  home: string,
): SshSettings['identities'] {
  const explicit = [...(target.identityFile !== undefined ? [target.identityFile] : []), ...(configured ?? [])].filter(
    (file) => file.toLowerCase() !== 'none',
  );
  if (explicit.length > 0 || configured !== undefined)
    return [...new Set(explicit.map(path))].map((file) => ({ path: file, explicit: true }));
  return defaultIdentities
    .map((name) => join(home, '.ssh', name))
    .filter((file) => existsSync(file))
    .map((file) => ({ path: file, explicit: false }));
}

function namedKnownHostsFiles(options: SshOptions, path: (text: string) => string, home: string): string[] {
  const user = options.get('userknownhostsfile') ?? [join(home, '.ssh/known_hosts'), join(home, '.ssh/known_hosts2')];
  const global = options.get('globalknownhostsfile') ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
  return [...user, ...global].filter((file) => file.toLowerCase() !== 'none').map(path);
}

const knownHostsCache = new FileCache((content, file) => parseKnownHosts(file, content.toString()));

function readKnownHosts(file: string, warn: (message: string) => void): KnownHostLine[] {
  try {
    return knownHostsCache.read(file);
  } catch (error) {
    // A file that is missing or unreadable knows nobody: the check fails closed.
    if (errnoOf(error) !== 'ENOENT') warn(`${file} cannot be read and knows no host: ${messageOf(error)}`);
    return [];
  }
}

/**
 * RevokedHostKeys of ssh_config(5): public keys, one a line. What cannot be read revokes every key, as in ssh.
 * @throws OaopsError `ssh-revoked-keys`
 */
function readRevokedKeys(file: string, host: string): KnownHostLine[] {
  if (file.toLowerCase() === 'none') return [];
  const refuse = (why: string) =>
    new OaopsError('ssh-revoked-keys', `the RevokedHostKeys for ${host} cannot be read, so no key is trusted: ${why}`, {
      next: 'Name a file of public keys, one a line; a key revocation list (ssh-keygen -k) cannot be used here.',
    });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw refuse(messageOf(error));
  }
  // PROTOCOL.krl of OpenSSH: the magic number of a binary list.
  if (text.startsWith('SSHKRL\n')) throw refuse(`${file} is a binary key revocation list`);
  const lines = text.split('\n').map((line) => line.trim());
  return lines.flatMap((line, index) => {
    if (line === '' || line.startsWith('#')) return [];
    const [key] = parseKnownHosts(file, `@revoked * ${line}`);
    if (!key) throw refuse(`${file}:${index + 1} is no public key`);
    return [{ ...key, line: index + 1 }];
  });
}

function agentSocketOf(
  configured: string | undefined,
  env: SshDoorOptions['env'],
  path: (text: string) => string,
): string | undefined {
  if (configured === undefined || configured === 'SSH_AUTH_SOCK') return env['SSH_AUTH_SOCK'] || undefined;
  if (configured.toLowerCase() === 'none') return undefined;
  return /^\$[A-Za-z_]/.test(configured) ? env[configured.slice(1)] || undefined : path(configured);
}

/** @throws OaopsError `ssh-config-invalid`: another port than the one that was meant could be another machine */
function portOf(text: string | undefined, host: string): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port > 0 && port < 65536) return port;
  throw new OaopsError('ssh-config-invalid', `ssh_config has the port "${text}" for ${host}, which is none`, {
    next: 'Check it with "ssh -G HOST".',
  });
}

/** TIME FORMATS of sshd_config(5): bare seconds, or units. */
function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return parseDuration(`${text}s`);
  return tryParseDuration(text.toLowerCase());
}
