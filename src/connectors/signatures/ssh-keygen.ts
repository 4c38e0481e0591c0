import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errnoOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { sha256Hex } from '../../core/json.ts';
import type { SignatureDoor } from '../../engine/ports.ts';

export interface SshKeygenOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** Owners that the allowed-signers file may have; root alone, unless a test suite says otherwise. */
  trustedUids?: readonly number[];
}

/**
 * SSH signatures by the ssh-keygen program, so that agents, hardware keys and certificates work as its users know them.
 * Needs OpenSSH 8.9 or later (`-Y find-principals` with `-O verify-time`).
 */
export function sshKeygenDoor({ env, trustedUids = [0] }: SshKeygenOptions): SignatureDoor {
  /** Output of ssh-keygen, or its complaint. Standard input is the signed text. */
  const keygen = async (args: string[], input: string): Promise<{ ok: boolean; stdout: string; stderr: string }> => {
    const { execa } = await import('execa');
    const kept = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'DISPLAY', 'SSH_ASKPASS', 'SSH_ASKPASS_REQUIRE', 'TERM'];
    const passed = Object.fromEntries(kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
    const result = await execa('ssh-keygen', args, {
      input,
      reject: false,
      extendEnv: false,
      env: { ...passed, LC_ALL: 'C' },
    });
    if (result.code === 'ENOENT') {
      throw refused('ssh-keygen-missing', 'ssh-keygen is not installed', 'Install the OpenSSH client.');
    }
    return { ok: result.exitCode === 0, stdout: result.stdout, stderr: result.stderr.trim() };
  };

  return {
    async sign(keyFile, namespace, data) {
      const dir = mkdtempSync(join(tmpdir(), 'oaops-sign-'));
      try {
        const file = join(dir, 'text');
        writeFileSync(file, data, { mode: 0o600 });
        // A file, not stdin: ssh-keygen then keeps stdin for the passphrase of the key.
        const signed = await keygen(['-Y', 'sign', '-q', '-f', keyFile, '-n', namespace, file], '');
        if (!signed.ok) {
          throw refused(
            'signing-failed',
            `${keyFile} could not sign: ${lastLine(signed.stderr)}`,
            'Give a private key that you can read, or a public key whose private half your agent holds.',
          );
        }
        return readFileSync(`${file}.sig`, 'utf8');
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },

    async verify({ data, signature, namespace, allowedSigners, atMs }) {
      const dir = mkdtempSync(join(tmpdir(), 'oaops-verify-'));
      try {
        const file = join(dir, 'text.sig');
        writeFileSync(file, signature, { mode: 0o600 });
        const time = ['-O', `verify-time=${compactUtc(atMs)}`];
        const found = await keygen(['-Y', 'find-principals', '-s', file, '-f', allowedSigners, ...time], '');
        // One principal a line; patterns may follow after a comma.
        const principal = found.stdout.split('\n')[0]?.split(',')[0]?.trim();
        if (!found.ok || !principal) {
          throw refused(
            'signer-unknown',
            `the key of the signature is not in ${allowedSigners}, or not valid now`,
            'Ask for the key to be added to the allowed-signers file.',
          );
        }
        const verified = await keygen(
          ['-Y', 'verify', '-f', allowedSigners, '-I', principal, '-n', namespace, '-s', file, ...time],
          data,
        );
        const keyFingerprint = /\b(SHA256:[A-Za-z0-9+/=]+)/.exec(verified.stdout)?.[1];
        if (!verified.ok || keyFingerprint === undefined) {
          throw refused(
            'signature-invalid',
            `the signature of ${principal} does not fit: ${lastLine(verified.stderr || verified.stdout)}`,
          );
        }
        return { principal, keyFingerprint };
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },

    async allowedSigners(path) {
      try {
        for (const part of [path, dirname(path)]) requireTrusted(part, trustedUids);
        return { path, sha256: sha256Hex(readFileSync(path)) };
      } catch (error) {
        if (error instanceof OaopsError) throw error;
        throw refused(
          'allowed-signers-missing',
          `the allowed-signers file ${path} cannot be read (${errnoOf(error) ?? 'unknown error'})`,
          'Set approvals.allowedSigners in the configuration; the format is in ssh-keygen(1).',
        );
      }
    },
  };
}

/** Whoever can change the file, or its folder, can approve anything. A sticky folder (/tmp) lets only owners replace files. */
function requireTrusted(path: string, trustedUids: readonly number[]): void {
  const { uid, mode } = statSync(path);
  const sticky = (mode & 0o1000) !== 0;
  if (!trustedUids.includes(uid)) {
    throw refused('allowed-signers-unsafe', `${path} belongs to user ${uid}, not to root`, `Run "chown root ${path}".`);
  }
  if ((mode & 0o022) !== 0 && !sticky) {
    throw refused(
      'allowed-signers-unsafe',
      `${path} can be changed by others than its owner`,
      `Run "chmod go-w ${path}".`,
    );
  }
}

/** `20261122180512Z`, as ssh-keygen's verify-time wants it. */
function compactUtc(ms: number): string {
  return `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
}

function lastLine(text: string): string {
  return text.split('\n').at(-1) || 'no reason given';
}

function refused(code: string, message: string, next?: string): OaopsError {
  return new OaopsError(code, message, { exitCode: ExitCode.refused, ...(next ? { next } : {}) });
}
