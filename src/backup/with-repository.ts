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
