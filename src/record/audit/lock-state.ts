import type { Kysely } from 'kysely';
import type { AuditTable, Tables } from '../db/tables.ts';
import { canonicalText } from './chain.ts';
import type { StateFault } from './state.ts';

/** What the chain told last about a lock. */
export interface ToldLock {
  fence: number;
  /** Canonical JSON of its owner; null when it was given back or broken. */
  owner: string | null;
  auditSeq: number;
}

/**
 * Fences and owners of locks as the rows of the chain tell them. A fence that somebody lowers would let a process commit
 * that had lost its lock; renewals are not told, so times are not compared.
 */
export class RecordedLocks {
  /** False when rows about locks may lie in an archive, or were left behind when a copy was put back. */
  complete = true;
  readonly told = new Map<string, ToldLock>();

  /** Takes in a row of the chain, whatever it is about. */
  note(row: Pick<AuditTable, 'seq' | 'action' | 'subject' | 'details'>): void {
    if (row.action === 'record.restored') {
      // Copies of the first versions put no fences back: they began anew.
      this.told.clear();
      this.complete = false;
    }
    if (!lockActions.includes(row.action)) return;
    const { fence, owner } = JSON.parse(row.details) as { fence: number; owner?: unknown };
    const held = row.action === 'lock.acquired' || row.action === 'lock.taken-over';
    this.told.set(row.subject, { fence, owner: held ? canonicalText(owner) : null, auditSeq: row.seq });
  }

  /** The first difference between the table of locks and the chain, or undefined. */
  async compare(db: Kysely<Tables>): Promise<StateFault | undefined> {
    const left = new Map(this.told);
    const rows = await db.selectFrom('locks').select(['name', 'fence', 'owner']).orderBy('name').execute();
    for (const { name, fence, owner } of rows) {
      const told = left.get(name);
      left.delete(name);
      if (!told && this.complete) return { seq: 0, message: `the lock ${name} was added without the audit chain` };
      // A lock without an owner lets nobody commit.
      if (told && (told.fence !== fence || (owner !== null && owner !== told.owner)))
        return {
          seq: told.auditSeq,
          message: `the lock ${name} is not what row ${told.auditSeq} of the audit chain says: it was altered`,
        };
    }
    const [gone] = left;
    return (
      gone && {
        seq: gone[1].auditSeq,
        message: `the lock ${gone[0]}, of which row ${gone[1].auditSeq} of the audit chain tells, is gone`,
      }
    );
  }
}

export const lockActions = ['lock.acquired', 'lock.taken-over', 'lock.released', 'lock.broken'];
