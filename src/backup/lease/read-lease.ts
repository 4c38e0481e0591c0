import { OaopsError } from '../../core/errors.ts';
import type { ObjectStore } from '../ports.ts';
import { acquireLease, type Lease, type LeaseOptions, leaseHeld, listLeases } from './lease.ts';

export interface ReadLease {
  /** Gives what may have gone wrong meanwhile, for people. */
  release(): Promise<string[]>;
}

/**
 * A shared lease for who only reads, so that no prune takes away what is being read. Reading must also be possible where nothing may
 * be written (read-only keys, a full or a read-only leg): then no lease is taken, a prune under way is still respected,
 * and at the end it is looked at whether one began meanwhile. What a prune marks it keeps for a grace, so a reader
 * without a lease is not lost at once.
 * @throws OaopsError `lease-held` (exit 11) when a prune holds the leg
 */
export async function takeReadLease(store: ObjectStore, options: Omit<LeaseOptions, 'kind'>): Promise<ReadLease> {
  let lease: Lease;
  try {
    lease = await acquireLease(store, { ...options, kind: 'shared' });
  } catch (error) {
    if (!(error instanceof OaopsError) || error.code === 'lease-held') throw error;
    const holder = await exclusiveHolder(store, options);
    if (holder) throw leaseHeld(store.location, holder);
    return { release: () => seenMeanwhile(store, options) };
  }
  return {
    async release() {
      const lost = lease.lost.aborted;
      await lease.release();
      return lost ? seenMeanwhile(store, options) : [];
    },
  };
}

async function seenMeanwhile(store: ObjectStore, options: Omit<LeaseOptions, 'kind'>): Promise<string[]> {
  const holder = await exclusiveHolder(store, options);
  if (!holder) return [];
  const { purpose, user, host, createdAt } = holder;
  return [
    `${store.location}: ${purpose} by ${user} on ${host} began at ${createdAt}, while this was read without a lease: what it removed may be missing here`,
  ];
}

/** Undefined also when the leases cannot be read: whoever may not see them can only read on. */
async function exclusiveHolder(store: ObjectStore, { identity }: Pick<LeaseOptions, 'identity'>) {
  try {
    const leases = await listLeases(store, identity);
    return leases.find(({ kind, state }) => kind === 'exclusive' && (state === 'alive' || state === 'unreadable'));
  } catch (error) {
    if (error instanceof OaopsError) return undefined;
    throw error;
  }
}
