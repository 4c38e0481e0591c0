import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf, OaopsError } from '../core/errors.ts';

/** Namespaces keep a signature made for one purpose from passing for another (ssh-keygen(1), -n). */
export type SignatureNamespace = 'oaops-evidence' | 'oaops-anchor';

/**
 * Signs with an SSH key: a private key file, or a public one whose private half an agent holds.
 * @returns the armored signature (PROTOCOL.sshsig of OpenSSH)
 * @throws OaopsError `signing-failed`, `ssh-keygen-missing`
 */
export async function signWithSshKey(
  keyFile: string,
  namespace: SignatureNamespace,
  data: string | Uint8Array,
): Promise<string> {
  const { exitCode, stdout, stderr } = await sshKeygen(['-Y', 'sign', '-q', '-f', keyFile, '-n', namespace], data);
  if (exitCode === 0 && stdout.includes('BEGIN SSH SIGNATURE')) return canonicalArmor(stdout) ?? stdout;
  throw new OaopsError('signing-failed', `signing with ${keyFile} failed: ${firstLine(stderr)}`, {
    next: 'Name a key without a passphrase, or load it into an agent and name its .pub file.',
  });
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
  /** Signed by a key that the allowed-signers file gives to `principal`. */
  | { state: 'verified'; principal: string; fingerprint: string }
  /** Fits the data; nothing says whose key it is. */
  | { state: 'unverified'; fingerprint: string }
  | { state: 'invalid'; reason: string };

/**
 * Checks a signature: with an allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS) also who may have made it, at `atMs`.
 * @throws OaopsError `ssh-keygen-missing`
 */
export async function checkSshSignature(request: {
  namespace: SignatureNamespace;
  data: string | Uint8Array;
  signature: string;
  allowedSigners?: string;
  atMs?: number;
}): Promise<SignatureCheck> {
  // ssh-keygen overlooks some changed bytes of the armor; a bundle must not.
  if (canonicalArmor(request.signature) !== request.signature)
    return { state: 'invalid', reason: 'it is not an armored SSH signature' };
  const dir = mkdtempSync(join(tmpdir(), 'oaops-signature-'));
  try {
    const file = join(dir, 'signature');
    writeFileSync(file, request.signature, { mode: 0o600 });
    const common = ['-n', request.namespace, '-s', file];
    const fits = await sshKeygen(['-Y', 'check-novalidate', ...common], request.data);
    const fingerprint = /SHA256:\S+/.exec(fits.stdout)?.[0];
    if (fits.exitCode !== 0 || !fingerprint)
      return { state: 'invalid', reason: firstLine(fits.stderr) || 'it does not fit the signed text' };
    if (request.allowedSigners === undefined) return { state: 'unverified', fingerprint };

    const time = request.atMs === undefined ? [] : ['-O', `verify-time=${compactUtc(request.atMs)}`];
    const found = await sshKeygen(['-Y', 'find-principals', '-s', file, '-f', request.allowedSigners, ...time], '');
    for (const principal of found.stdout.split('\n').filter(Boolean)) {
      const verified = await sshKeygen(
        ['-Y', 'verify', '-f', request.allowedSigners, '-I', principal, ...common, ...time],
        request.data,
      );
      if (verified.exitCode === 0) return { state: 'verified', principal, fingerprint };
    }
    return {
      state: 'invalid',
      reason: `the key ${fingerprint} is not in ${request.allowedSigners} for this purpose and time`,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function sshKeygen(
  args: string[],
  input: string | Uint8Array,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const { execa } = await import('execa');
  try {
    const result = await execa('ssh-keygen', args, {
      input,
      reject: false,
      stripFinalNewline: false,
      maxBuffer: 1024 * 1024,
      // verify-time is read in the local zone; nobody is there to answer a passphrase prompt.
      env: { TZ: 'UTC', LC_ALL: 'C', SSH_ASKPASS_REQUIRE: 'never' },
      detached: true,
    });
    if (result.code === 'ENOENT') throw Object.assign(new Error('not found'), { code: 'ENOENT' });
    return { exitCode: result.exitCode ?? 255, stdout: result.stdout, stderr: result.stderr };
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    throw new OaopsError('ssh-keygen-missing', 'ssh-keygen is not installed', {
      next: 'Install the OpenSSH client (Debian package: openssh-client).',
    });
  }
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
