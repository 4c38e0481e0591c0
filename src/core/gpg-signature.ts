import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoOf, OaopsError } from './errors.ts';
import { temporaryFolder } from './temporary-folder.ts';

export type GpgCheck =
  /** Every signature in the file fits, by keys of the keyring that are valid now. `signers`: fingerprint and name of each. */
  { state: 'verified'; signers: { fingerprint: string; name: string }[] } | { state: 'invalid'; reason: string };

/**
 * Checks a detached OpenPGP signature of a file by gpgv(1), which trusts the keys of one keyring file and nothing else: no key of the user's own, no
 * key server. gpgv accepts keys that have expired or were revoked; here they are refused.
 * @throws OaopsError `gpgv-missing`, `temporary-folder-unusable`
 */
export async function checkGpgSignature(
  request: { file: string; signature: string; keyring: string; env?: Readonly<Record<string, string | undefined>> },
  signal?: AbortSignal,
): Promise<GpgCheck> {
  const home = temporaryFolder('oaops-gpgv-');
  try {
    // A keyring name without a slash would be looked for in gpgv's own folder.
    const [keyring, signature, file] = [request.keyring, request.signature, request.file].map((path) => resolve(path));
    const { exitCode, status, told } = await gpgv(
      ['--homedir', home, '--status-fd', '1', '--keyring', keyring!, signature!, file!],
      request.env ?? process.env,
      signal,
    );
    return judge(exitCode, status, told);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** By the status lines of gpgv: doc/DETAILS of GnuPG. */
function judge(exitCode: number, status: string[][], told: string): GpgCheck {
  const bad = status.find(([keyword]) => keyword !== undefined && keyword in faults);
  if (bad) return { state: 'invalid', reason: faults[bad[0] as keyof typeof faults](bad.slice(1)) };
  const good = status.filter(([keyword]) => keyword === 'GOODSIG');
  const valid = status.filter(([keyword]) => keyword === 'VALIDSIG');
  if (exitCode !== 0 || valid.length === 0 || good.length !== valid.length)
    return { state: 'invalid', reason: told === '' ? 'gpgv does not say that it fits' : told };
  return {
    state: 'verified',
    signers: valid.map(([, fingerprint], index) => ({
      fingerprint: fingerprint!,
      name: good[index]!.slice(2).join(' '),
    })),
  };
}

const faults = {
  BADSIG: ([key, ...name]: string[]) => `it does not fit the file (key ${key}, ${name.join(' ')})`,
  EXPSIG: ([key]: string[]) => `the signature by key ${key} has expired`,
  EXPKEYSIG: ([key, ...name]: string[]) => `the key ${key} (${name.join(' ')}) has expired`,
  REVKEYSIG: ([key, ...name]: string[]) => `the key ${key} (${name.join(' ')}) was revoked`,
  NO_PUBKEY: ([key]: string[]) => `the key ${key} is not in the keyring`,
};

async function gpgv(
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Promise<{ exitCode: number; status: string[][]; told: string }> {
  const child = spawn('gpgv', args, {
    env: { PATH: env['PATH'], LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal ? { signal } : {}),
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk;
    });
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 255));
    });
    const status = texts.stdout
      .split('\n')
      .filter((line) => line.startsWith('[GNUPG:] '))
      .map((line) => line.slice('[GNUPG:] '.length).split(' '));
    const told = texts.stderr.trim().split('\n').at(-1) ?? '';
    return { exitCode, status, told: told.replace(/^gpgv: /, '') };
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    throw new OaopsError('gpgv-missing', 'gpgv is not installed', { next: 'Install it (Debian package: gpgv).' });
  }
}
