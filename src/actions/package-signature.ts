import { createReadStream, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoOf, OaopsError } from '../core/errors.ts';
import { checkGpgSignature } from '../core/gpg-signature.ts';
import { checkSshSignature, strictArmor } from '../core/ssh-signature.ts';
import type { ActionContext } from '../engine/action.ts';
import type { PackageSignature } from '../rollout/preconditions.ts';

/** Who signed a package, or why its signature is none. */
export async function checkPackageSignature(
  file: string,
  written: PackageSignature,
  { plan, clock, signal }: Pick<ActionContext, 'plan' | 'clock' | 'signal'>,
): Promise<{ signer: string } | { problem: string }> {
  // As files that steps name, they lie beside the runbook unless their path says where.
  const place = (path: string) => resolve(dirname(plan.runbook.file), path);
  const signature = place(written.file);
  const trusted = place(written.by === 'gpg' ? written.keyring : written.allowedSigners);
  const unusable = unreadable(signature) ?? unreadable(trusted) ?? changeable(trusted);
  if (unusable !== undefined) return { problem: `the signature of ${file} cannot be verified: ${unusable}` };
  try {
    const found =
      written.by === 'gpg'
        ? await byGpg(file, signature, trusted, signal)
        : await bySsh(file, signature, trusted, written.namespace, clock.nowMs());
    return found.signer !== undefined ? found : { problem: `the signature of ${file} is not good: ${found.reason}` };
  } catch (error) {
    if (!(error instanceof OaopsError)) throw error;
    return { problem: `the signature of ${file} cannot be verified: ${error.message}` };
  }
}

type Found = { signer: string } | { signer?: undefined; reason: string };

async function byGpg(file: string, signature: string, keyring: string, signal: AbortSignal): Promise<Found> {
  const check = await checkGpgSignature({ file, signature, keyring }, signal);
  if (check.state === 'invalid') return { reason: check.reason };
  return { signer: check.signers.map(({ fingerprint, name }) => `${name} (${fingerprint})`).join(', ') };
}

async function bySsh(
  file: string,
  signature: string,
  allowedSigners: string,
  namespace: string,
  atMs: number,
): Promise<Found> {
  const check = await checkSshSignature({
    namespace,
    data: () => createReadStream(file),
    signature: strictArmor(readFileSync(signature, 'utf8')),
    allowedSigners,
    atMs,
  });
  if (check.state === 'verified') return { signer: `${check.principals.join(', ')} (${check.fingerprint})` };
  return { reason: check.state === 'invalid' ? check.reason : 'nothing says whose key it is' };
}

function unreadable(path: string): string | undefined {
  try {
    readFileSync(path);
    return undefined;
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
      ? `${path} does not exist`
      : `${path} cannot be read (${errnoOf(error) ?? 'unknown error'})`;
  }
}

/** Whoever can change it decides whose signature counts. */
function changeable(path: string): string | undefined {
  return (statSync(path).mode & 0o022) === 0 ? undefined : `${path} can be changed by others than its owner`;
}
