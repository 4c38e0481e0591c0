import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, OaopsError, usageError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redaction.ts';
import type { SecretDoor } from '../../engine/ports.ts';

/** Longer than any password, token or key. */
const maxSecretBytes = 1024 * 1024;

/**
 * Secret references, resolved at the moment of use and registered for redaction, never stored:
 * - `env:NAME`: an environment variable
 * - `file:/path`: a file's content without its last line end; refused when others can read or change it, and when it is no
 *   UTF-8 text of at most 1 MiB in a regular file
 * - `cred:NAME`: a systemd credential (systemd.exec(5) LoadCredential=, folder in `CREDENTIALS_DIRECTORY`)
 * - `prompt:...`: what was typed for it at the start of the run, which `answers` holds
 * An empty secret is refused like a missing one: where one is asked for, nothing is a mistake.
 * @throws OaopsError `secret-missing`, `secret-unusable`, `secret-unsafe` (exit 4), `secret-reference-invalid` (exit 2)
 */
export function secretDoor(
  env: Readonly<Record<string, string | undefined>>,
  redactor: Redactor,
  answers: ReadonlyMap<string, string> = new Map(),
): SecretDoor {
  return {
    async resolve(ref) {
      const value = ref.startsWith('prompt:') ? typed(ref, answers) : read(ref, env);
      if (value === '') throw missing(ref, `the secret ${ref} is empty`);
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

function typed(ref: string, answers: ReadonlyMap<string, string>): string {
  const value = answers.get(ref);
  if (value !== undefined) return value;
  throw new OaopsError('secret-missing', `the secret ${ref} was not asked for at the start of the run`, {
    exitCode: 4,
    next: 'Name it by env:, file: or cred:.',
    details: { ref },
  });
}

function readSecretFile(ref: string, path: string): string {
  let file: number | undefined;
  try {
    // Without blocking: a pipe that nobody writes to would hold up everything.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (!stat.isFile()) throw unusable(ref, `secret file ${path} is not a regular file`);
    // World-readable is a leak that has already happened; group-readable may be on purpose (a backup group).
    if (stat.mode & 0o006) {
      const what = stat.mode & 0o004 ? 'readable' : 'writable';
      throw new OaopsError('secret-unsafe', `secret file ${path} is ${what} by everybody`, {
        exitCode: 4,
        next: `Run "chmod 600 ${path}".`,
      });
    }
    if (stat.size > maxSecretBytes) throw unusable(ref, `secret file ${path} is larger than 1 MiB`);
    const bytes = readFileSync(file);
    if (!isUtf8(bytes) || bytes.includes(0)) throw unusable(ref, `secret file ${path} is not UTF-8 text`);
    return bytes.toString('utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof OaopsError) throw error;
    throw missing(ref, `secret file ${path} cannot be read (${errnoOf(error) ?? 'unknown error'})`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function unusable(ref: string, message: string): OaopsError {
  return new OaopsError('secret-unusable', message, {
    exitCode: 4,
    next: 'Write the secret as text into a file of its own.',
    details: { ref },
  });
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
