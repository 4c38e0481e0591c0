import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, OaopsError } from './errors.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * SSH signatures by the ssh-keygen program, so that agents, hardware keys and certificates work as their users know them.
 * The one place that starts it: the record signs anchors and evidence, the engine's door plans and approvals.
 */
export interface SshKeygenOptions {
  /** Default: that of this process. Only what ssh-keygen needs is passed on. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Whether a passphrase may be asked for at the terminal. Default no: nobody may be there. */
  interactive?: boolean;
}

/**
 * Signs with an SSH key: a private key file, or a public one whose private half an agent holds. Namespaces keep a signature
 * made for one purpose from passing for another (ssh-keygen(1), -n).
 * @returns the armored signature (PROTOCOL.sshsig of OpenSSH)
 * @throws OaopsError `signing-failed`, `ssh-keygen-missing`, `temporary-folder-unusable`
 */
export async function signWithSshKey(
  keyFile: string,
  namespace: string,
  data: string | Uint8Array,
  options: SshKeygenOptions = {},
): Promise<string> {
  const dir = temporaryFolder('oaops-sign-', { text: data });
  try {
    const file = join(dir, 'text');
    // A file, not stdin: ssh-keygen then says nothing about it and keeps stdin for a passphrase.
    const args = ['-Y', 'sign', '-q', '-f', keyFile, '-n', namespace, file];
    const { exitCode, stderr } = await sshKeygen(args, '', options);
    if (exitCode === 0) return strictArmor(readFileSync(`${file}.sig`, 'utf8'));
    throw new OaopsError('signing-failed', `signing with ${keyFile} failed: ${firstLine(stderr)}`, {
      next: 'Name a key without a passphrase, or load it into an agent and name its .pub file.',
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** `SHA256:...` of a key file, as ssh-keygen -l prints it. @throws OaopsError `signing-failed` */
export async function keyFingerprint(keyFile: string): Promise<string> {
  const { exitCode, stdout, stderr } = await sshKeygen(['-l', '-E', 'sha256', '-f', keyFile], '');
  const fingerprint = /SHA256:\S+/.exec(stdout)?.[0];
  if (exitCode === 0 && fingerprint) return fingerprint;
  throw new OaopsError('signing-failed', `${keyFile} is not a usable SSH key: ${firstLine(stderr)}`, {
    next: 'Make one with "ssh-keygen -t ed25519".',
  });
}

export type SignatureCheck =
  /** Signed by a key that the allowed-signers file gives to `principal`, the first of `principals`. */
  | { state: 'verified'; principal: string; principals: string[]; fingerprint: string }
  /** Fits the data; nothing says whose key it is. */
  | { state: 'unverified'; fingerprint: string }
  /** `signer`: it fits the data, but whose key it is may not sign this; `signature`: it does not fit. */
  | { state: 'invalid'; fault: 'signature' | 'signer'; reason: string };

/**
 * Checks a signature: with an allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS) also who may have made it, at `atMs`.
 * @throws OaopsError `ssh-keygen-missing`
 */
export async function checkSshSignature(request: {
  namespace: string;
  /** What is too large for memory comes as a stream, opened as often as it is needed. */
  data: string | Uint8Array | (() => NodeJS.ReadableStream);
  signature: string;
  allowedSigners?: string;
  atMs?: number;
  env?: SshKeygenOptions['env'];
}): Promise<SignatureCheck> {
  const options = request.env ? { env: request.env } : {};
  // ssh-keygen overlooks some changed bytes of the armor; a bundle must not.
  if (canonicalArmor(request.signature) !== request.signature)
    return { state: 'invalid', fault: 'signature', reason: 'it is not an armored SSH signature' };
  const dir = temporaryFolder('oaops-signature-', { signature: request.signature });
  try {
    const file = join(dir, 'signature');
    const common = ['-n', request.namespace, '-s', file];
    const fits = await sshKeygen(['-Y', 'check-novalidate', ...common], request.data, options);
    const fingerprint = /SHA256:\S+/.exec(fits.stdout)?.[0];
    if (fits.exitCode !== 0 || !fingerprint)
      return {
        state: 'invalid',
        fault: 'signature',
        reason: firstLine(fits.stderr) || 'it does not fit the signed text',
      };
    if (request.allowedSigners === undefined) return { state: 'unverified', fingerprint };

    const time = request.atMs === undefined ? [] : ['-O', `verify-time=${compactUtc(request.atMs)}`];
    const found = await sshKeygen(
      ['-Y', 'find-principals', '-s', file, '-f', request.allowedSigners, ...time],
      '',
      options,
    );
    const principals: string[] = [];
    for (const principal of found.stdout.split('\n').filter(Boolean)) {
      const verified = await sshKeygen(
        ['-Y', 'verify', '-f', request.allowedSigners, '-I', principal, ...common, ...time],
        request.data,
        options,
      );
      if (verified.exitCode === 0) principals.push(principal);
    }
    const [principal] = principals;
    if (principal !== undefined) return { state: 'verified', principal, principals, fingerprint };
    return {
      state: 'invalid',
      fault: 'signer',
      reason: `the key ${fingerprint} is not in ${request.allowedSigners} for this purpose and time`,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const passedOn = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'DISPLAY', 'SSH_ASKPASS', 'SSH_ASKPASS_REQUIRE', 'TERM'];

async function sshKeygen(
  args: string[],
  input: string | Uint8Array | (() => NodeJS.ReadableStream),
  { env = process.env, interactive = false }: SshKeygenOptions = {},
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const child = spawn('ssh-keygen', args, {
    env: {
      ...Object.fromEntries(passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
      // verify-time is read in the local zone.
      ...{ TZ: 'UTC', LC_ALL: 'C' },
      ...(interactive ? {} : { SSH_ASKPASS_REQUIRE: 'never' }),
    },
    // A session of its own has no terminal to ask at.
    detached: !interactive,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk;
    });
  // It may end without having read everything; its exit code tells.
  child.stdin.on('error', () => undefined);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      if (typeof input === 'function') {
        const source = input();
        // Half a file must not be taken for a whole one.
        source.on('error', (error) => {
          child.kill('SIGKILL');
          reject(error);
        });
        source.pipe(child.stdin);
      } else child.stdin.end(input);
      child.on('close', (code) => resolve(code ?? 255));
    });
    return { exitCode, ...texts };
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    throw new OaopsError('ssh-keygen-missing', 'ssh-keygen is not installed', {
      next: 'Install the OpenSSH client (Debian package: openssh-client).',
    });
  }
}

/** The same signature as it would be written here; a text that is none stays as it is. */
export function strictArmor(text: string): string {
  return canonicalArmor(text) ?? text;
}

/** The one way to write an armored signature: 70 characters a line; undefined when the text is not one at all. */
function canonicalArmor(text: string): string | undefined {
  const body = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n?$/.exec(text)?.[1];
  if (body === undefined) return undefined;
  const base64 = Buffer.from(body, 'base64').toString('base64');
  return `-----BEGIN SSH SIGNATURE-----\n${base64.match(/.{1,70}/g)?.join('\n') ?? ''}\n-----END SSH SIGNATURE-----\n`;
}

function compactUtc(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14);
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
