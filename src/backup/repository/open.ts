import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { Identities } from '../crypto/age-header.ts';
import type { Reading } from '../crypto/codec.ts';
import { checkRecipient } from '../crypto/keys.ts';
import { damaged } from '../format/damaged.ts';
import { objectNames } from '../format/object-names.ts';
import {
  parseRepositoryConfig,
  parseRepositoryKeys,
  type RepositoryConfig,
  type RepositoryKeys,
} from '../format/repository-config.ts';
import type { ObjectStore } from '../ports.ts';

/** One leg of a repository, opened. */
export interface Repository {
  store: ObjectStore;
  /** Further legs of the same repository, asked when `store` cannot give an object; see `readCopy`. */
  others?: readonly ObjectStore[];
  config: RepositoryConfig;
  /** How its manifests and packs are read; without identities only clear objects are. */
  reading: Reading;
}

/**
 * Reads what the repository is. Throws `repository-missing` (exit 10), `format-unknown`, `repository-damaged`, and what
 * the store throws.
 */
export async function openRepository(store: ObjectStore, identities?: Identities): Promise<Repository> {
  let text: string;
  try {
    text = Buffer.from(await store.get(objectNames.config)).toString();
  } catch (error) {
    if (error instanceof OaopsError && error.code === 'object-missing') throw repositoryMissing(store.location, error);
    throw error;
  }
  const config = parseRepositoryConfig(text);
  return { store, config, reading: { encryption: config.encryption, identities } };
}

export function repositoryMissing(location: string, cause?: unknown): OaopsError {
  return new OaopsError('repository-missing', `there is no repository at ${location}`, {
    exitCode: ExitCode.repositoryMissing,
    next: `Check the place, or make one with "oaops backup init --repo ${location} --recipient AGE-KEY".`,
    cause,
  });
}

/** The newest recipients, with their number. Empty recipients only in a repository without encryption. */
export async function readKeys({ store, config }: Repository): Promise<RepositoryKeys & { sequence: number }> {
  let newest = 0;
  for await (const { name } of store.list(objectNames.keysPrefix)) {
    const digits = /^keys\/(\d{8})$/.exec(name)?.[1];
    if (digits !== undefined) newest = Math.max(newest, Number(digits));
  }
  if (newest === 0) throw damaged('the repository has no keys object');
  const keys = parseRepositoryKeys(Buffer.from(await store.get(objectNames.keys(newest))).toString());
  // Never write in clear because a list came out empty.
  if (config.encryption === 'age' && keys.recipients.length === 0) throw damaged('the repository has no recipients');
  if (config.encryption === 'none' && keys.recipients.length > 0)
    throw damaged('the repository is not encrypted but has recipients');
  // A byte that changed on its way would otherwise be remembered as another recipient, or encrypt for nobody.
  for (const recipient of keys.recipients) {
    try {
      await checkRecipient(recipient);
    } catch {
      throw damaged(`${objectNames.keys(newest)} names "${recipient}", which is no age recipient`);
    }
  }
  return { ...keys, sequence: newest };
}
