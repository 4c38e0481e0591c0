import { OaopsError } from '../../core/errors.ts';
import { objectMissing, objectTruncated } from '../../core/object-names.ts';
import { Identities } from '../crypto/age-header.ts';
import { objectNames } from '../format/object-names.ts';
import type { ObjectStore } from '../ports.ts';
import type { Repository } from '../repository/open.ts';
import { readIndex } from '../repository/snapshots.ts';
import type { Sabotage } from './drill-spec.ts';

/**
 * The repository as a disaster would leave it: a pack or a part of the manifest gone, a pack cut, one bit wrong, or the
 * wrong key. Only what this drill reads
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
  if (kind === 'lost-canary') return repository;
  if (kind === 'missing-manifest')
    return { ...repository, store: withVictim(repository.store, objectNames.manifest(snapshot), kind) };
  const { objects } = await readIndex(repository.store, snapshot);
  const prefix = kind === 'missing-block' ? objectNames.blocksPrefix : objectNames.packsPrefix;
  const victims = objects.filter(({ name }) => name.startsWith(prefix));
  const victim = victims.sort((a, b) => b.storedBytes - a.storedBytes)[0]?.name;
  if (!victim) {
    throw new OaopsError('sabotage-impossible', 'the snapshot needs no pack', {
      exitCode: 2,
      next: 'Use a snapshot with files.',
    });
  }
  return { ...repository, store: withVictim(repository.store, victim, kind) };
}

type Damage = Exclude<Sabotage, 'none' | 'wrong-key' | 'lost-canary'>;

function withVictim(store: ObjectStore, victim: string, kind: Damage): ObjectStore {
  return new Proxy(store, {
    get(target, property) {
      if (property !== 'get') {
        const member = Reflect.get(target, property, target) as unknown;
        return typeof member === 'function' ? member.bind(target) : member;
      }
      return async (...args: Parameters<ObjectStore['get']>) => {
        if (args[0] !== victim) return target.get(...args);
        if (kind.startsWith('missing-')) throw objectMissing(target.location, victim);
        if (kind === 'truncated-pack') {
          const cut = ((await target.head(victim))?.sizeBytes ?? 0) >> 1;
          const [, range] = args;
          if (!range) return target.get(victim, { offset: 0, length: cut });
          const got = Math.max(0, cut - range.offset);
          if (got < range.length) throw objectTruncated(target.location, victim, range.length, got);
        }
        const bytes = await target.get(...args);
        if (kind === 'truncated-pack') return bytes;
        const flipped = Uint8Array.from(bytes);
        if (flipped.length > 0) flipped[flipped.length >> 1]! ^= 1;
        return flipped;
      };
    },
  });
}
