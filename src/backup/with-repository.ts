import { OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import type { BackupDoor } from './door.ts';
import { openRepository, type Repository } from './repository/open.ts';

/**
 * Opens the first leg of a repository for reading, and closes it. `readsContent` asks for the private keys; without, clear
 * objects only are read and no key is looked for.
 */
export async function withRepository<T>(
  door: BackupDoor,
  given: { repo: string | undefined; identity?: string | undefined; readsContent?: boolean },
  work: (repository: Repository) => Promise<T>,
): Promise<T> {
  const named = given.repo === undefined ? undefined : [given.repo];
  const [location] = await door.repos(named);
  const identities = given.readsContent ? await door.identities(given.identity, named) : undefined;
  const store = await door.openStore(location!);
  try {
    return await work(await openRepository(store, identities));
  } finally {
    await store.close();
  }
}

/** A leg that could not be looked at, beside those that could. */
export interface UnreadLeg {
  location: string;
  error: { code: string; message: string; next?: string };
}

/**
 * The same for every leg of a repository, one after the other. With several legs one that cannot be opened does not keep
 * the others from being looked at; a single one throws as `withRepository` does.
 */
export async function withEachLeg<T>(
  door: BackupDoor,
  given: { repo: string | undefined; identity?: string | undefined },
  work: (repository: Repository) => Promise<T>,
): Promise<{ done: T[]; unread: UnreadLeg[] }> {
  const named = given.repo === undefined ? undefined : [given.repo];
  const locations = await door.repos(named);
  const done: T[] = [];
  const unread: UnreadLeg[] = [];
  const identities = await door.identities(given.identity, named);
  for (const location of locations) {
    try {
      const store = await door.openStore(location);
      try {
        done.push(await work(await openRepository(store, identities)));
      } finally {
        await store.close();
      }
    } catch (error) {
      if (locations.length === 1 || !(error instanceof OaopsError) || isStop(error)) throw error;
      const { code, message, next } = error;
      unread.push({ location, error: { code, message, ...(next ? { next } : {}) } });
    }
  }
  return { done, unread };
}

/** A signal ends the whole command, not the look at one leg. */
function isStop(error: OaopsError): boolean {
  return error.exitCode === ExitCode.sigint || error.exitCode === ExitCode.sigterm;
}
