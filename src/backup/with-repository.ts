import { OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { loginName } from '../core/login.ts';
import { currentProcessIdentity } from '../core/process-identity.ts';
import type { Identities } from './crypto/age-header.ts';
import type { BackupDoor } from './door.ts';
import { type ReadLease, takeReadLease } from './lease/read-lease.ts';
import type { ObjectStore } from './ports.ts';
import { openRepository, type Repository } from './repository/open.ts';

/** Which repository is read, and how. */
export interface ReadingRequest {
  /** Locations or names of the configuration; undefined: OAOPS_REPO. */
  repo: string | readonly string[] | undefined;
  identity?: string | undefined;
  /** Asks for the private keys; without, clear objects only are read and no key is looked for. */
  readsContent?: boolean;
  /** For people: what the lease is taken for (`restore`). Default: no lease is taken. */
  lease?: string | undefined;
}

/**
 * Opens every leg that can be opened as one repository, the first one in front, so that what one cannot give comes from
 * another. `warnings` holds the legs that could not be used; what it is about leases is added when they are released.
 * @throws OaopsError that of the first leg when none can be used; `repositories-differ` (exit 2)
 */
export async function withAllLegs<T extends { warnings: string[] }>(
  door: BackupDoor,
  given: ReadingRequest,
  work: (repository: Repository) => Promise<T>,
): Promise<T> {
  const named = namesOf(given);
  const locations = await door.repos(named);
  const identities = given.readsContent ? await door.identities(given.identity, named) : undefined;
  const warnings: string[] = [];
  const opened: OpenLeg[] = [];
  let failure: unknown;
  try {
    for (const location of locations) {
      try {
        opened.push(await openLeg(door, location, identities, given.lease));
      } catch (error) {
        if (!(error instanceof OaopsError) || isStop(error)) throw error;
        failure ??= error;
        warnings.push(`${location} is not used: ${error.message}`);
      }
    }
    const [first, ...rest] = opened;
    if (!first) throw failure;
    for (const { repository } of rest) sameRepository(first.repository, repository);
    const others = rest.map(({ repository }) => repository.store);
    const result = await work({ ...first.repository, others });
    for (const leg of opened) {
      const { lease } = leg;
      leg.lease = undefined;
      warnings.push(...((await lease?.release()) ?? []));
    }
    result.warnings.unshift(...warnings);
    return result;
  } finally {
    await Promise.all(opened.map(closeLeg));
  }
}

function sameRepository(first: Repository, other: Repository): void {
  if (first.config.repositoryId === other.config.repositoryId) return;
  throw usageError(
    'repositories-differ',
    `${other.store.location} is not the same repository as ${first.store.location}`,
    {
      next: 'Name legs of one repository only.',
    },
  );
}

/** A leg that could not be looked at, beside those that could. */
export interface UnreadLeg {
  location: string;
  error: { code: string; message: string; next?: string };
}

/**
 * The same for every leg of a repository, one after the other. With several legs one that cannot be opened does not keep
 * the others from being looked at; a single one throws its error.
 */
export async function withEachLeg<T>(
  door: BackupDoor,
  given: Omit<ReadingRequest, 'readsContent'>,
  work: (repository: Repository) => Promise<T>,
): Promise<{ done: T[]; unread: UnreadLeg[] }> {
  const named = namesOf(given);
  const locations = await door.repos(named);
  const done: T[] = [];
  const unread: UnreadLeg[] = [];
  const identities = await door.identities(given.identity, named);
  for (const location of locations) {
    try {
      done.push(await withLeg(door, location, identities, given.lease, work));
    } catch (error) {
      if (locations.length === 1 || !(error instanceof OaopsError) || isStop(error)) throw error;
      const { code, message, next } = error;
      unread.push({ location, error: { code, message, ...(next ? { next } : {}) } });
    }
  }
  return { done, unread };
}

interface OpenLeg {
  repository: Repository;
  lease: ReadLease | undefined;
}

async function withLeg<T>(
  door: BackupDoor,
  location: string,
  identities: Identities | undefined,
  purpose: string | undefined,
  work: (repository: Repository) => Promise<T>,
): Promise<T> {
  const leg = await openLeg(door, location, identities, purpose);
  try {
    return await work(leg.repository);
  } finally {
    await closeLeg(leg);
  }
}

async function openLeg(
  door: BackupDoor,
  location: string,
  identities: Identities | undefined,
  purpose: string | undefined,
): Promise<OpenLeg> {
  const store = await door.openStore(location);
  try {
    const repository = await openRepository(store, identities);
    return { repository, lease: purpose === undefined ? undefined : await leaseFor(door, store, purpose) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function closeLeg({ repository, lease }: OpenLeg): Promise<void> {
  try {
    await lease?.release();
  } finally {
    await repository.store.close();
  }
}

/** See `takeReadLease`. */
export function leaseFor(
  door: Pick<BackupDoor, 'clock' | 'random'>,
  store: ObjectStore,
  purpose: string,
): Promise<ReadLease> {
  const { clock, random } = door;
  const user = loginName(process.env, process.getuid?.() ?? 0);
  return takeReadLease(store, { purpose, user, identity: currentProcessIdentity(), clock, random });
}

function namesOf({ repo }: ReadingRequest): readonly string[] | undefined {
  return repo === undefined ? undefined : typeof repo === 'string' ? [repo] : repo;
}

/** A signal ends the whole command, not the look at one leg. */
function isStop(error: OaopsError): boolean {
  return error.exitCode === ExitCode.sigint || error.exitCode === ExitCode.sigterm;
}
