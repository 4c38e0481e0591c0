import { OaopsError } from '../../core/errors.ts';
import { objectMissing } from '../../core/object-names.ts';
import { Identities } from '../crypto/age-header.ts';
import { objectNames } from '../format/object-names.ts';
import type { ObjectStore } from '../ports.ts';
import type { Repository } from '../repository/open.ts';
import { readIndex } from '../repository/snapshots.ts';
import type { Sabotage } from './drill-spec.ts';

/**
 * The repository as a disaster would leave it: one pack gone, one bit wrong, or the wrong key. Only what this drill reads
 * is changed, nothing in the repository.
 */
export async function sabotaged(repository: Repository, snapshot: string, kind: Sabotage): Promise<Repository> {
  if (kind === 'none') return repository;
  if (kind === 'wrong-key') {
    if (repository.reading.encryption === 'none') {
      throw new OaopsError('sabotage-impossible', 'the repository is not encrypted, so there is no wrong key for it', {
        exitCode: 2,
        next: 'Use missing-pack or flipped-bit.',
      });
    }
    const { generateIdentity } = await import('age-encryption');
    return {
      ...repository,
      reading: { ...repository.reading, identities: new Identities([await generateIdentity()]) },
    };
  }
  const { objects } = await readIndex(repository.store, snapshot);
  const packs = objects.filter(({ name }) => name.startsWith(objectNames.packsPrefix));
  const victim = packs.sort((a, b) => b.storedBytes - a.storedBytes)[0]?.name;
  if (!victim) {
    throw new OaopsError('sabotage-impossible', 'the snapshot needs no pack', {
      exitCode: 2,
      next: 'Use a snapshot with files.',
    });
  }
  return { ...repository, store: withVictim(repository.store, victim, kind) };
}

function withVictim(store: ObjectStore, victim: string, kind: 'missing-pack' | 'flipped-bit'): ObjectStore {
  return new Proxy(store, {
    get(target, property) {
      if (property !== 'get') {
        const member = Reflect.get(target, property, target) as unknown;
        return typeof member === 'function' ? member.bind(target) : member;
      }
      return async (...args: Parameters<ObjectStore['get']>) => {
        if (args[0] !== victim) return target.get(...args);
        if (kind === 'missing-pack') throw objectMissing(target.location, victim);
        const bytes = await target.get(...args);
        const flipped = Uint8Array.from(bytes);
        if (flipped.length > 0) flipped[flipped.length >> 1]! ^= 1;
        return flipped;
      };
    },
  });
}
