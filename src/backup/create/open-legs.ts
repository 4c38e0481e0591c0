import type { Clock } from '../../core/clock.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { RandomSource } from '../../core/ids.ts';
import type { currentProcessIdentity } from '../../core/process-identity.ts';
import type { Identities } from '../crypto/age-header.ts';
import { acquireLease, type Lease } from '../lease/lease.ts';
import type { ObjectStore } from '../ports.ts';
import { openRepository, type Repository } from '../repository/open.ts';
import type { LegSet } from './leg-set.ts';

interface LegsPlace {
  openStore: (repo: string) => Promise<ObjectStore>;
  keys?: Identities | undefined;
}

/** Opens every leg; those that cannot be opened are told apart, and their error is thrown when none can. */
export async function openLegs(repos: readonly string[], place: LegsPlace) {
  const stores: ObjectStore[] = [];
  const failed: { location: string; error: unknown }[] = [];
  let first: Repository | undefined;
  for (const repo of new Set(repos)) {
    try {
      const store = await place.openStore(repo);
      const repository = await openRepository(store, place.keys);
      if (first && first.config.repositoryId !== repository.config.repositoryId)
        throw usageError(
          'repositories-differ',
          `${store.location} is not the same repository as ${first.store.location}`,
          {
            next: 'Make both legs with one "oaops backup init --repo A --repo B", or run one backup for each.',
          },
        );
      first ??= repository;
      stores.push(store);
    } catch (error) {
      if (error instanceof OaopsError && error.exitCode === ExitCode.usage) throw error;
      failed.push({ location: repo, error });
    }
  }
  if (!first) throw failed[0]!.error;
  return { stores, failed, first };
}

/** A shared lease on each leg; a leg that cannot be leased has failed. Throws the first reason when none can. */
export async function takeLeases(
  legs: LegSet,
  owner: { identity: ReturnType<typeof currentProcessIdentity>; clock: Clock; user: string; random: RandomSource },
): Promise<Lease[]> {
  const leases: Lease[] = [];
  let firstError: unknown;
  for (const store of legs.active) {
    try {
      leases.push(await acquireLease(store, { ...owner, kind: 'shared', purpose: 'backup' }));
    } catch (error) {
      firstError ??= error;
      legs.fail(store.location, error);
    }
  }
  if (leases.length === 0) throw firstError;
  return leases;
}
