import { type Clock, isoTime } from '../../core/clock.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import type { RandomSource } from '../../core/ids.ts';
import { sha256Hex } from '../../core/json.ts';
import { checkRecipient } from '../crypto/keys.ts';
import { objectNames } from '../format/object-names.ts';
import {
  formatRepositoryConfig,
  formatRepositoryKeys,
  newRepositoryConfig,
  parseRepositoryConfig,
  type RepositoryConfig,
} from '../format/repository-config.ts';
import type { ObjectStore } from '../ports.ts';

export interface InitOptions {
  /** Public keys; `none` is the explicit choice not to encrypt. */
  recipients: readonly string[] | 'none';
  clock: Clock;
  random: RandomSource;
  /** Shipped texts laid beside the data: name of the object and content. */
  companions: readonly { name: string; bytes: Uint8Array }[];
}

export interface InitLegResult {
  location: string;
  created: boolean;
}

/**
 * Makes one repository on all legs. A leg that already carries the same repository (an earlier init that stopped half-way, or a
 * new leg for an old repository when it comes first) is completed; a leg with another one is refused.
 *
 * Order: recipients and companions first, `config` last, so that a repository exists only when it is whole.
 */
export async function initRepository(
  stores: readonly ObjectStore[],
  options: InitOptions,
): Promise<{ config: RepositoryConfig; legs: InitLegResult[] }> {
  const recipients = options.recipients === 'none' ? [] : [...new Set(options.recipients)];
  if (options.recipients !== 'none' && recipients.length === 0) throw recipientsMissing();
  for (const recipient of recipients) await checkRecipient(recipient);

  const existing = await Promise.all(stores.map(existingConfig));
  const first = existing.find((config) => config !== undefined);
  const taken = existing.findIndex((config) => config !== undefined && config.text !== first?.text);
  if (taken >= 0 || existing.every((config) => config !== undefined)) {
    const where = stores[Math.max(taken, 0)]!.location;
    throw new OaopsError('repository-exists', `there is a repository at ${where} already`, {
      next: 'Use it, or name an empty place.',
    });
  }
  const createdAt = isoTime(options.clock.nowMs());
  const config =
    first?.config ??
    newRepositoryConfig(
      Buffer.from(options.random(16)).toString('hex'),
      createdAt,
      options.recipients === 'none' ? 'none' : 'age',
    );
  if (first && first.config.encryption !== (recipients.length > 0 ? 'age' : 'none'))
    throw usageError('encryption-differs', 'the repository to be completed has the other choice of encryption', {
      next: 'Give recipients for an encrypted repository, --no-encryption for the other kind.',
    });
  const legs: InitLegResult[] = [];
  for (const [i, store] of stores.entries()) {
    if (existing[i] !== undefined) {
      legs.push({ location: store.location, created: false });
      continue;
    }
    await refuseForeign(store);
    for (const companion of options.companions) await putSmall(store, companion.name, companion.bytes);
    await putSmall(store, objectNames.keys(1), formatRepositoryKeys({ recipients, createdAt }));
    await putSmall(store, objectNames.config, first?.text ?? formatRepositoryConfig(config));
    legs.push({ location: store.location, created: true });
  }
  return { config, legs };
}

/** Stores a small object once. Throws `object-conflict` when the name holds something else. */
export async function putSmall(store: ObjectStore, name: string, data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const outcome = await store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length });
  if (outcome === 'exists' && sha256Hex(await store.get(name)) !== sha256Hex(bytes))
    throw new OaopsError('object-conflict', `${name} at ${store.location} is taken by something else`, {
      next: 'Name an empty place for the repository.',
    });
}

export function recipientsMissing(): OaopsError {
  return usageError('recipients-missing', 'no recipient is given and encryption is not switched off', {
    next: 'Give --recipient twice (one key for operations, one sealed away for recovery), --recipients-file, or --no-encryption.',
  });
}

async function existingConfig(store: ObjectStore): Promise<{ text: string; config: RepositoryConfig } | undefined> {
  const head = await store.head(objectNames.config);
  if (!head) return undefined;
  const text = Buffer.from(await store.get(objectNames.config)).toString();
  return { text, config: parseRepositoryConfig(text) };
}

/** A place with packs or snapshots but no `config` lost it; writing a new one would make them unreadable. */
async function refuseForeign(store: ObjectStore): Promise<void> {
  for (const prefix of [objectNames.snapshotsPrefix, objectNames.packsPrefix, objectNames.keysPrefix]) {
    for await (const { name } of store.list(prefix)) {
      if (name === objectNames.keys(1)) {
        // Left by an init that was killed: without config nothing was ever written with it.
        await store.delete(name);
        continue;
      }
      throw new OaopsError('repository-damaged', `${store.location} holds ${name} but no config`, {
        next: 'Copy "config" back from another leg, or name an empty place.',
      });
    }
  }
}
