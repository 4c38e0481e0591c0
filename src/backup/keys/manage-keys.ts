import { isoTime } from '../../core/clock.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { Identities } from '../crypto/age-header.ts';
import { decryptBytes, encryptBytes } from '../crypto/codec.ts';
import { checkRecipient, readIdentityKeys } from '../crypto/keys.ts';
import type { BackupDoor } from '../door.ts';
import { objectNames } from '../format/object-names.ts';
import { formatRepositoryKeys } from '../format/repository-config.ts';
import type { ObjectStore } from '../ports.ts';
import { openRepository, type Repository, readKeys } from '../repository/open.ts';
import { listSnapshotIds } from '../repository/snapshots.ts';
import { checkKnown, type KnownRepository, remember } from './known-recipients.ts';

/** Opens every leg, works on all of them and closes them. */
async function onLegs<T>(
  door: BackupDoor,
  repos: readonly string[],
  work: (legs: Repository[]) => Promise<T>,
): Promise<T> {
  const stores: ObjectStore[] = [];
  try {
    const legs: Repository[] = [];
    for (const repo of repos) {
      const store = await door.openStore(repo);
      stores.push(store);
      legs.push(await openRepository(store));
    }
    return await work(legs);
  } finally {
    for (const store of stores) await store.close();
  }
}

export async function listRecipients(door: BackupDoor, repos: readonly string[]): Promise<string[]> {
  return onLegs(door, repos.slice(0, 1), async ([leg]) => (await readKeys(leg!)).recipients);
}

/** What stands in the repository now is what this machine expects from now on. */
export async function acceptRecipients(door: BackupDoor, repos: readonly string[]): Promise<string[]> {
  return onLegs(door, repos, async (legs) => {
    let recipients: string[] = [];
    for (const leg of legs) {
      ({ recipients } = await readKeys(leg));
      remember(door.stateDir, leg.store.location, described(leg, recipients));
    }
    return recipients;
  });
}

function described({ config }: Repository, recipients: readonly string[]): KnownRepository {
  return { repositoryId: config.repositoryId, encryption: config.encryption, recipients };
}

/**
 * Adds and removes recipients on every leg. What is stored already stays readable by those who could read it, and stays
 * unreadable for those who could not: only what is written from now on is for the new list.
 */
export async function changeRecipients(
  door: BackupDoor,
  repos: readonly string[],
  change: { add?: string; remove?: string },
): Promise<string[]> {
  if (change.add !== undefined) await checkRecipient(change.add);
  return onLegs(door, repos, async (legs) => {
    let result: string[] = [];
    const changes: { leg: Repository; recipients: string[]; next: string[]; sequence: number }[] = [];
    for (const leg of legs) {
      if (leg.config.encryption === 'none')
        throw usageError('not-encrypted', `the repository at ${leg.store.location} is not encrypted`, {
          next: 'Make a new repository with recipients; encryption cannot be switched on later.',
        });
      const { recipients, sequence } = await readKeys(leg);
      // A change must not bless what somebody else put there.
      checkKnown(door.stateDir, leg.store.location, described(leg, recipients));
      const next = recipients.filter((recipient) => recipient !== change.remove);
      if (change.remove !== undefined && next.length === recipients.length)
        throw usageError('recipient-unknown', `${change.remove} is no recipient of ${leg.store.location}`, {
          next: 'Run "oaops backup key list" to see the recipients.',
        });
      if (next.length === 0 && change.add === undefined)
        throw usageError('recipient-last', 'the last recipient cannot be removed', {
          next: 'Add the new one first: "oaops backup key add".',
        });
      if (change.add !== undefined && !next.includes(change.add)) next.push(change.add);
      result = next;
      if (next.length === recipients.length && next.every((recipient, i) => recipient === recipients[i])) {
        remember(door.stateDir, leg.store.location, described(leg, recipients));
        continue;
      }
      changes.push({ leg, recipients, next, sequence });
    }
    // Killed from here on, this machine knows the change for its own, also where a backup carries it from leg to leg.
    for (const { leg, recipients, next } of changes)
      remember(door.stateDir, leg.store.location, described(leg, recipients), next);
    for (const { leg, recipients, next, sequence } of changes) {
      const bytes = Buffer.from(formatRepositoryKeys({ recipients: next, createdAt: isoTime(door.clock.nowMs()) }));
      const name = objectNames.keys(sequence + 1);
      const outcome = await leg.store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length });
      // It may be there by this very call, where its answer was lost and it was made again.
      if (outcome === 'exists' && sha256Hex(await leg.store.get(name)) !== sha256Hex(bytes)) {
        remember(door.stateDir, leg.store.location, described(leg, recipients));
        throw new OaopsError('keys-changed', `somebody else changed the recipients of ${leg.store.location} just now`, {
          next: 'Run it again.',
        });
      }
      remember(door.stateDir, leg.store.location, described(leg, next));
    }
    return result;
  });
}

export interface KeyProof {
  recipient: string;
  /** `proved`: an identity given decrypts; `not-proved`: none given belongs to it. */
  status: 'proved' | 'not-proved';
  identityFile: string | undefined;
}

export interface KeyReport {
  proofs: KeyProof[];
  /** Identity files that belong to no recipient of the repository. */
  strangers: string[];
  /** The newest snapshot could be decrypted by each identity of a recipient; undefined when there is none yet. */
  newestSnapshot: string | undefined;
}

/**
 * Proves that the private keys at hand belong to the recipients: each one decrypts a fresh probe for its recipient alone, and the
 * manifest of the newest snapshot.
 */
export async function verifyKeys(
  door: BackupDoor,
  repos: readonly string[],
  identityFiles: readonly string[],
): Promise<KeyReport> {
  const { identityToRecipient } = await import('age-encryption');
  return onLegs(door, repos.slice(0, 1), async ([leg]) => {
    const { store } = leg!;
    const { recipients } = await readKeys(leg!);
    const newestSnapshot = (await listSnapshotIds(store)).at(-1);
    const newest = newestSnapshot && (await store.get(objectNames.manifest(newestSnapshot)));
    const proved = new Map<string, string>();
    const strangers: string[] = [];
    for (const file of identityFiles) {
      let known = false;
      for (const key of readIdentityKeys(file)) {
        const identities = new Identities([key]);
        const recipient = await identityToRecipient(key);
        if (!recipients.includes(recipient)) continue;
        known = true;
        const probe = Buffer.from(door.random(32));
        const back = await decryptBytes(await encryptBytes(probe, [recipient]), identities);
        if (!back.equals(probe)) throw new Error('a probe came back altered');
        if (newest) await decryptBytes(newest, identities);
        proved.set(recipient, file);
      }
      if (!known) strangers.push(file);
    }
    const proofs = recipients.map(
      (recipient): KeyProof => ({
        recipient,
        status: proved.has(recipient) ? 'proved' : 'not-proved',
        identityFile: proved.get(recipient),
      }),
    );
    return { proofs, strangers, newestSnapshot };
  });
}

/** A new key pair: the private key goes to a new 0600 file, as age-keygen(1) writes it; the public key comes back. */
export async function generateKey(file: string, nowMs: number): Promise<string> {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const { writeFileSync } = await import('node:fs');
  const key = await generateX25519Identity();
  const recipient = await identityToRecipient(key);
  try {
    writeFileSync(file, `# created: ${isoTime(nowMs)}\n# public key: ${recipient}\n${key}\n`, {
      flag: 'wx',
      mode: 0o600,
    });
  } catch (error) {
    throw new OaopsError('key-file-exists', `the key file ${file} cannot be made: ${(error as Error).message}`, {
      next: 'Name a new file; a key is never overwritten.',
      cause: error,
    });
  }
  return recipient;
}
