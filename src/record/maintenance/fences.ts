import type { Kysely } from 'kysely';
import { lockActions, RecordedLocks } from '../audit/lock-state.ts';
import type { Tables } from '../db/tables.ts';

/**
 * Makes the locks anew without owners, at the fences that the chain tells: a fence never goes down. Rows that cannot be read
 * are left to the verification that follows.
 */
export async function restoreFences(db: Kysely<Tables>): Promise<void> {
  const locks = new RecordedLocks();
  const rows = await db
    .selectFrom('audit')
    .select(['seq', 'action', 'subject', 'details'])
    .where('action', 'in', [...lockActions, 'record.restored'])
    .orderBy('seq')
    .execute();
  for (const row of rows) {
    try {
      locks.note(row);
    } catch {
      // Not JSON: whoever made the copy did not take it from a record.
    }
  }
  await db.deleteFrom('locks').execute();
  for (const [name, { fence }] of locks.told) {
    if (!Number.isSafeInteger(fence)) continue;
    await db.insertInto('locks').values({ name, fence, owner: null, acquired_at: null, expires_at: null }).execute();
  }
}
