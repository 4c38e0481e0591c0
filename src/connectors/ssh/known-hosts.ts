import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { matchesPattern } from '../../core/patterns.ts';

/** One line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHostLine {
  file: string;
  line: number;
  marker: 'revoked' | 'cert-authority' | undefined;
  /** Host names field as written: patterns with commas, or one `|1|salt|hash`. */
  hosts: string;
  keyType: string;
  key: Buffer;
}

export type HostKeyVerdict =
  | { state: 'known'; by: KnownHostLine }
  /** There are other keys of the same type for the host. */
  | { state: 'changed'; known: KnownHostLine[] }
  | { state: 'revoked'; by: KnownHostLine }
  /** No key of this type; `otherTypes` are those that are known. */
  | { state: 'unknown'; otherTypes: string[]; onlyAuthority: boolean };

/** Reads the lines that can be read; comments and broken lines say nothing about any host, as in OpenSSH. */
export function parseKnownHosts(file: string, text: string): KnownHostLine[] {
  const lines: KnownHostLine[] = [];
  text.split(/\r?\n/).forEach((raw, index) => {
    const words = raw.trim().split(/[ \t]+/);
    if (words[0] === undefined || words[0] === '' || words[0].startsWith('#')) return;
    let marker: KnownHostLine['marker'];
    if (words[0].startsWith('@')) {
      const name = words.shift()!.slice(1).toLowerCase();
      // A marker that nobody knows must not turn its line into an ordinary one.
      if (name !== 'revoked' && name !== 'cert-authority') return;
      marker = name;
    }
    const [hosts, keyType, encoded] = words;
    if (!hosts || !keyType || !encoded || !/^[A-Za-z0-9+/]+=*$/.test(encoded)) return;
    const key = Buffer.from(encoded, 'base64');
    // The blob names its own type; a line whose field says otherwise is broken.
    if (keyTypeOf(key) !== keyType) return;
    lines.push({ file, line: index + 1, marker, hosts, keyType, key });
  });
  return lines;
}

/** Name by which a host is looked up: `host` on port 22, else `[host]:port`. */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/**
 * Compares the key a host shows with what is known. Revoked wins over everything; then a line with this very key; then a
 * line with another key of the type. As in OpenSSH, a host on another port than 22 that has no lines for `[host]:port` may
 * also be known by its plain name.
 */
export function checkHostKey(lines: readonly KnownHostLine[], host: string, port: number, key: Buffer): HostKeyVerdict {
  const names = port === 22 ? [knownHostsName(host, 22)] : [knownHostsName(host, port), knownHostsName(host, 22)];
  const sameKey = (line: KnownHostLine) => line.key.length === key.length && timingSafeEqual(line.key, key);
  const revoked = lines.find(
    (line) => line.marker === 'revoked' && sameKey(line) && names.some((name) => matchesHost(line.hosts, name)),
  );
  if (revoked) return { state: 'revoked', by: revoked };
  const unmarked = (name: string) => lines.filter((line) => line.marker === undefined && matchesHost(line.hosts, name));
  const exact = unmarked(names[0]!);
  const candidates = exact.length > 0 || names[1] === undefined ? exact : unmarked(names[1]);
  const found = candidates.find(sameKey);
  if (found) return { state: 'known', by: found };
  const sameType = exact.filter((line) => line.keyType === keyTypeOf(key));
  if (sameType.length > 0) return { state: 'changed', known: sameType };
  const byAuthority = lines.some(
    (line) => line.marker === 'cert-authority' && names.some((name) => matchesHost(line.hosts, name)),
  );
  return {
    state: 'unknown',
    otherTypes: [...new Set(exact.map((line) => line.keyType))],
    onlyAuthority: exact.length === 0 && byAuthority,
  };
}

/** Types of the keys known for a host, in the order of the files: what should be asked for first. */
export function knownKeyTypes(lines: readonly KnownHostLine[], host: string, port: number): string[] {
  for (const name of new Set([knownHostsName(host, port), knownHostsName(host, 22)])) {
    const types = lines
      .filter((line) => line.marker === undefined && matchesHost(line.hosts, name))
      .map((line) => line.keyType);
    if (types.length > 0) return [...new Set(types)];
  }
  return [];
}

/** Whether a host names field holds for a name: comma-separated patterns with `*` and `?`, `!` refusing, or a hash. */
export function matchesHost(field: string, name: string): boolean {
  if (field.startsWith('|')) return matchesHash(field, name);
  let matched = false;
  for (const entry of field.split(',')) {
    const negated = entry.startsWith('!');
    const pattern = (negated ? entry.slice(1) : entry).toLowerCase();
    if (pattern === '' || !matchesPattern(pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function matchesHash(field: string, name: string): boolean {
  const [empty, version, salt, hash] = field.split('|');
  if (empty !== '' || version !== '1' || !salt || !hash) return false;
  const wanted = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return wanted.length === actual.length && timingSafeEqual(wanted, actual);
}

/** First string of a public key blob (RFC 4253 section 6.6): its type. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length > 0 && length <= 64 && key.length >= 4 + length ? key.toString('latin1', 4, 4 + length) : '';
}

/** `SHA256:...` as ssh-keygen -l prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

const signatureAlgorithms: Record<string, string[]> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  // ssh-rsa itself signs with SHA-1 (RFC 8332) and is not offered.
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/**
 * Host key algorithms to offer: those of known keys first, so that a host that has several keys shows the one that is
 * known; then the others, so that the fingerprint of an unknown one can be told.
 */
export function hostKeyAlgorithms(knownTypes: readonly string[]): string[] {
  const order = [...knownTypes.filter((type) => type in signatureAlgorithms), ...Object.keys(signatureAlgorithms)];
  return [...new Set(order)].flatMap((type) => signatureAlgorithms[type]!);
}
