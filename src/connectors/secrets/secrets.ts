import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, OaopsError, usageError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redaction.ts';
import type { SecretDoor } from '../../engine/ports.ts';

/**
 * Secret references, resolved at the moment of use and registered for redaction, never stored:
 * - `env:NAME`: an environment variable
 * - `file:/path`: a file's content without its last line end; refused when others can read it
 * - `cred:NAME`: a systemd credential (systemd.exec(5) LoadCredential=, folder in `CREDENTIALS_DIRECTORY`)
 * @throws OaopsError `secret-missing`, `secret-unsafe` (exit 4), `secret-reference-invalid` (exit 2)
 */
export function secretDoor(env: Readonly<Record<string, string | undefined>>, redactor: Redactor): SecretDoor {
  return {
    async resolve(ref) {
      const value = read(ref, env);
      redactor.add(value);
      return value;
    },
  };
}

function read(ref: string, env: Readonly<Record<string, string | undefined>>): string {
  const [, scheme, rest] = /^(env|file|cred):(.+)$/s.exec(ref) ?? [];
  if (scheme === 'env') {
    const value = env[rest!];
    if (value === undefined) throw missing(ref, `environment variable ${rest} is not set`);
    return value;
  }
  if (scheme === 'file') return readSecretFile(ref, rest!);
  if (scheme === 'cred') {
    const dir = env['CREDENTIALS_DIRECTORY'];
    if (!dir) throw missing(ref, 'CREDENTIALS_DIRECTORY is not set, so no systemd credential can be read');
    if (!/^[^/]+$/.test(rest!) || rest === '..' || rest === '.') throw invalid();
    return readSecretFile(ref, join(dir, rest!));
  }
  throw invalid();
}

function readSecretFile(ref: string, path: string): string {
  try {
    // World-readable is a leak that has already happened; group-readable may be on purpose (a backup group).
    if (statSync(path).mode & 0o004) {
      throw new OaopsError('secret-unsafe', `secret file ${path} is readable by everybody`, {
        exitCode: 4,
        next: `Run "chmod 600 ${path}".`,
      });
    }
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof OaopsError) throw error;
    throw missing(ref, `secret file ${path} cannot be read (${errnoOf(error) ?? 'unknown error'})`);
  }
}

function missing(ref: string, message: string): OaopsError {
  return new OaopsError('secret-missing', message, {
    exitCode: 4,
    next: 'Set it, or change the reference.',
    details: { ref },
  });
}

function invalid(): OaopsError {
  // The text itself is left out: somebody may have written the secret instead of a reference.
  return usageError('secret-reference-invalid', 'a secret must be a reference', {
    next: 'Write env:NAME, file:/path or cred:NAME.',
  });
}
