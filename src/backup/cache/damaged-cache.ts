import { messageOf, OaopsError } from '../../core/errors.ts';

/** What the local cache holds cannot be trusted. The cache can be thrown away at any time, so this is never the end of a backup. */
export class CacheDamaged extends Error {
  readonly discard: () => void;

  /** `discard` throws the cache away, so that the next one to open it begins anew. */
  constructor(cause: unknown, discard: () => void) {
    super(messageOf(cause), { cause });
    this.discard = discard;
  }
}

/**
 * True for what a damaged database, or a damaged row in a sound one, makes its readers throw; false for a full disk, a lock, a missing
 * right: there, the cache is as good as before.
 */
export function tellsOfDamage(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === 'string' && (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')) return true;
  return error instanceof SyntaxError || (error instanceof OaopsError && error.code === 'repository-damaged');
}

/**
 * Runs `work`; once more with a new cache when the one it uses turns out to be damaged. SQLite finds a damaged page only when it
 * comes to it, and reading all pages first would cost every backup what one in a thousand needs.
 */
export async function withSoundCache<Result>(
  work: () => Promise<Result>,
  onReset: (why: string) => void,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CacheDamaged)) throw error;
    onReset(`the local cache is damaged (${error.message}): the backup begins again without it`);
    error.discard();
    return await work();
  }
}
