import { existsSync, statSync } from 'node:fs';
import type { AnyAuthMethod, BaseAgent, ParsedKey } from 'ssh2';
import { messageOf, OaopsError } from '../../core/errors.ts';
import type { SecretDoor } from '../../engine/ports.ts';
import { FileCache } from './file-cache.ts';
import type { SshSettings } from './settings.ts';

export interface Authentication {
  methods: AnyAuthMethod[];
  /** What was left out and why, for the message when nothing worked. */
  notes: string[];
  /** A key that was asked for by name and needs a passphrase. */
  encryptedKey?: string;
}

/**
 * The ways to log in, in the order of ssh: keys of the agent that are named, other keys of the agent (unless
 * IdentitiesOnly), key files, then a password when the inventory has a reference to one. Nothing asks at a terminal.
 */
export async function authenticationOf(
  settings: SshSettings,
  secrets: SecretDoor | undefined,
): Promise<Authentication> {
  const { default: ssh2 } = await import('ssh2');
  const { user: username } = settings;
  keyFiles ??= new FileCache((content) => ssh2.utils.parseKey(content));
  const notes = settings.certificates.map((file) => `the certificate ${file} cannot be used here`);
  const methods: AnyAuthMethod[] = [{ type: 'none', username }];
  let encryptedKey: string | undefined;
  const keys: { path: string; key: ParsedKey }[] = [];
  const named: Buffer[] = [];
  for (const { path, explicit } of settings.identities) {
    const publicKey = readPublicKey(keyFiles, `${path}.pub`);
    if (publicKey) named.push(publicKey);
    const parsed = readKeyFile(keyFiles, path, explicit, notes);
    if (parsed === undefined) continue;
    if (parsed instanceof Error) {
      const encrypted = /encrypted/i.test(parsed.message);
      notes.push(encrypted ? `${path} needs a passphrase` : `${path} cannot be used: ${parsed.message}`);
      if (encrypted && explicit) encryptedKey ??= path;
      continue;
    }
    const key = Array.isArray(parsed) ? parsed[0] : parsed;
    if (!key) continue;
    keys.push({ path, key });
    named.push(key.getPublicSSH());
  }
  if (settings.agentSocket !== undefined) {
    const agent = filteredAgent(ssh2, settings.agentSocket, named, settings.identitiesOnly, notes);
    methods.push({ type: 'agent', username, agent });
  }
  for (const { key } of keys) methods.push({ type: 'publickey', username, key });
  if (settings.passwordRef !== undefined) {
    if (!secrets) throw new OaopsError('secret-unavailable', 'there is no way to read secrets here');
    const password = await secrets.resolve(settings.passwordRef);
    methods.push({ type: 'password', username, password });
    // Hosts whose PAM asks for the password itself offer only this form.
    methods.push({
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _lang, prompts, finish) => finish(prompts.map(() => password)),
    });
  }
  return { methods, notes, ...(encryptedKey !== undefined && { encryptedKey }) };
}

/** The agent with named keys first, or with these only; an agent that does not answer counts as empty. */
function filteredAgent(
  ssh2: typeof import('ssh2'),
  socket: string,
  named: readonly Buffer[],
  namedOnly: boolean,
  notes: string[],
): BaseAgent {
  const inner = ssh2.createAgent(socket);
  class Filtered extends ssh2.BaseAgent<ParsedKey> {
    override getIdentities(callback: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
      inner.getIdentities((error, identities) => {
        if (error) notes.push(`the agent does not answer: ${error.message}`);
        const keys: ParsedKey[] = [];
        for (const identity of error ? [] : (identities ?? [])) {
          const parsed = ssh2.utils.parseKey(identity as Buffer);
          if (!(parsed instanceof Error)) keys.push(...(Array.isArray(parsed) ? parsed : [parsed]));
        }
        const isNamed = (key: ParsedKey) => named.some((blob) => blob.equals(key.getPublicSSH()));
        const first = keys.filter(isNamed);
        callback(undefined, namedOnly ? first : [...first, ...keys.filter((key) => !isNamed(key))]);
      });
    }
    override sign(...parameters: unknown[]): void {
      inner.sign(...(parameters as Parameters<BaseAgent['sign']>));
    }
  }
  return new Filtered() as unknown as BaseAgent;
}

type Parsed = ReturnType<typeof import('ssh2').utils.parseKey>;

let keyFiles: FileCache<Parsed> | undefined;

function readKeyFile(files: FileCache<Parsed>, path: string, explicit: boolean, notes: string[]): Parsed | undefined {
  try {
    const { mode, uid } = statSync(path);
    // As ssh does: a key that others can read is no secret any more.
    if ((mode & 0o077) !== 0 && uid === process.getuid?.()) {
      notes.push(
        `${path} is left out: others can read it (mode ${(mode & 0o777).toString(8)}; run "chmod 600 ${path}")`,
      );
      return undefined;
    }
    return files.read(path);
  } catch (error) {
    // With only the .pub file here, the agent holds the key: nothing to report.
    if (explicit && !existsSync(`${path}.pub`)) notes.push(`${path} cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

function readPublicKey(files: FileCache<Parsed>, path: string): Buffer | undefined {
  try {
    const parsed = files.read(path);
    if (parsed instanceof Error) return undefined;
    return (Array.isArray(parsed) ? parsed[0] : parsed)?.getPublicSSH();
  } catch {
    return undefined;
  }
}
