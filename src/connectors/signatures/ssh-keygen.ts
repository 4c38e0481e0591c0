import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { signersFor } from '../../core/allowed-signers.ts';
import { errnoOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { sha256Hex } from '../../core/json.ts';
import { checkSshSignature, type SshKeygenOptions, signWithSshKey, strictArmor } from '../../core/ssh-signature.ts';
import type { SignatureDoor } from '../../engine/ports.ts';

export interface SignatureDoorOptions {
  env: NonNullable<SshKeygenOptions['env']>;
  /** Owners that the allowed-signers file may have; root alone, unless a test suite says otherwise. */
  trustedUids?: readonly number[];
}

/** Signatures of plans and approvals: a person signs, so the passphrase of a key may be asked for. Needs OpenSSH 8.9 or later. */
export function sshKeygenDoor({ env, trustedUids = [0] }: SignatureDoorOptions): SignatureDoor {
  return {
    async sign(keyFile, namespace, data) {
      try {
        return await signWithSshKey(keyFile, namespace, data, { env, interactive: true });
      } catch (error) {
        if (error instanceof OaopsError) throw refused(error.code, error.message, error.next);
        throw error;
      }
    },

    async verify({ data, signature, namespace, allowedSigners, atMs }) {
      const check = await checkSshSignature({
        data,
        signature: strictArmor(signature),
        namespace,
        allowedSigners,
        atMs,
        env,
      });
      if (check.state === 'verified') {
        // A pattern names nobody: whoever asked for the run could be behind it (ssh-keygen(1), ALLOWED SIGNERS).
        const persons = check.principals.filter((principal) => !/[*?!]/.test(principal));
        const [principal] = persons;
        if (principal !== undefined && persons.length === check.principals.length)
          return { principal, principals: persons, keyFingerprint: check.fingerprint };
        throw refused(
          'signer-unknown',
          `the key ${check.fingerprint} stands for a pattern of principals, "${check.principals.join(',')}", not for a person`,
          'Ask for a line of its own in the allowed-signers file, with one name.',
        );
      }
      const reason = check.state === 'invalid' ? check.reason : 'nothing says whose key it is';
      if (check.state === 'invalid' && check.fault === 'signature')
        throw refused('signature-invalid', `the signature does not fit: ${reason}`);
      throw refused('signer-unknown', reason, 'Ask for the key to be added to the allowed-signers file.');
    },

    async allowedSigners(path) {
      try {
        for (const part of [...waysTo(resolve(path)), ...waysTo(realpathSync(path))]) requireTrusted(part, trustedUids);
        return { path, sha256: sha256Hex(readFileSync(path)) };
      } catch (error) {
        throw error instanceof OaopsError ? error : unreadable(path, error);
      }
    },

    async signers(path, namespace) {
      try {
        return signersFor(namespace, readFileSync(path, 'utf8'));
      } catch (error) {
        throw unreadable(path, error);
      }
    },
  };
}

/** The file and every folder above it: who can rename one of them can put another in its place. */
function waysTo(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...waysTo(above)];
}

/** Whoever can change the file, or a folder above it, can approve anything. A sticky folder (/tmp) lets only owners replace files. */
function requireTrusted(path: string, trustedUids: readonly number[]): void {
  const stat = statSync(path);
  const { uid, mode } = stat;
  const sticky = stat.isDirectory() && (mode & 0o1000) !== 0;
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

function unreadable(path: string, error: unknown): OaopsError {
  return refused(
    'allowed-signers-missing',
    `the allowed-signers file ${path} cannot be read (${errnoOf(error) ?? 'unknown error'})`,
    'Set approvals.allowedSigners in the configuration; the format is in ssh-keygen(1).',
  );
}

function refused(code: string, message: string, next?: string): OaopsError {
  return new OaopsError(code, message, { exitCode: ExitCode.refused, ...(next ? { next } : {}) });
}
