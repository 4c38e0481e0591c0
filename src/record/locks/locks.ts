import { isoTime } from '../../core/clock.ts';
import { messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { canonicalText } from '../audit/chain.ts';
import { cleanText, type Database, type WriteTransaction } from '../db/database.ts';
import type { LockTable } from '../db/tables.ts';
import type { Fence, HeldLock, LockOwner, LockRow, LockStore } from '../types.ts';
import { ownerState, type Processes } from './owner.ts';
import { type Renewal, renewInBackground } from './renewal.ts';

const defaultTtlMs = 120_000;

/** Locks as rows of the record. See docs/record.md, "Locks". */
export class SqlLockStore implements LockStore {
  readonly #database: Database;
  readonly #processes: Processes;
  readonly #held = new Set<HeldLock>();

  constructor(database: Database, processes: Processes) {
    this.#database = database;
    this.#processes = processes;
  }

  async acquire(name: string, purpose: string, ttlMs = defaultTtlMs): Promise<HeldLock> {
    const owner: LockOwner = { ...this.#processes.self, purpose: cleanText(purpose) };
    // Taken before the transaction: our own idea of when it expires must never be later than the record's.
    const askedAtMs = this.#database.clock.monotonicMs();
    const fence = await this.#database.write((tx) => this.#take(tx, cleanText(name), owner, ttlMs));
    const renewal = renewInBackground({
      clock: this.#database.clock,
      ttlMs,
      renewedAtMs: askedAtMs,
      renew: () => this.#renew(fence, ttlMs),
      lockName: name,
    });
    const held: HeldLock = { name, fence, lost: renewal.lost, release: () => this.#release(held, renewal) };
    this.#held.add(held);
    return held;
  }

  async list(): Promise<LockRow[]> {
    const rows = await this.#database.read((db) =>
      db.selectFrom('locks').selectAll().where('owner', 'is not', null).orderBy('name').execute(),
    );
    return rows.map(lockRow);
  }

  async break(name: string, by: string): Promise<void> {
    await this.#database.write(async (tx) => {
      const row = await tx.db.selectFrom('locks').selectAll().where('name', '=', name).executeTakeFirst();
      if (!row || row.owner === null) {
        throw usageError('lock-not-held', `nobody holds a lock "${name}"`, {
          next: 'List them with "oaops lock list".',
        });
      }
      const fence = row.fence + 1;
      await tx.db
        .updateTable('locks')
        .set({ fence, owner: null, acquired_at: null, expires_at: null })
        .where('name', '=', name)
        .execute();
      await tx.audit({
        action: 'lock.broken',
        subject: name,
        actor: by,
        details: { fence, owner: JSON.parse(row.owner) },
      });
    });
  }

  /** What is known about the owner of a row from here: for `oaops lock list`. */
  stateOf(row: LockRow): ReturnType<typeof ownerState> {
    return ownerState(row.owner, this.#processes);
  }

  /** Gives back whatever this process still holds. */
  async releaseAll(): Promise<void> {
    for (const held of [...this.#held]) await held.release().catch(() => {});
  }

  async #take(tx: WriteTransaction, name: string, owner: LockOwner, ttlMs: number): Promise<Fence> {
    const query = tx.db.selectFrom('locks').selectAll().where('name', '=', name);
    // A renewal doesn't stand in the writers' line: on PostgreSQL it must wait for this row.
    const row = await (this.#database.dialect === 'postgres' ? query.forUpdate() : query).executeTakeFirst();
    const nowMs = await tx.nowMs();
    if (row) this.#refuseIfHeld(row, nowMs);
    const fence = (row?.fence ?? 0) + 1;
    const values = {
      fence,
      owner: canonicalText(owner),
      acquired_at: isoTime(nowMs),
      expires_at: isoTime(nowMs + ttlMs),
    };
    if (row) await tx.db.updateTable('locks').set(values).where('name', '=', name).execute();
    else
      await tx.db
        .insertInto('locks')
        .values({ name, ...values })
        .execute();
    await tx.audit({
      action: row?.owner ? 'lock.taken-over' : 'lock.acquired',
      subject: name,
      details: { fence, owner, ...(row?.owner ? { from: JSON.parse(row.owner) } : {}) },
    });
    return { lock: name, fence };
  }

  #refuseIfHeld(row: LockTable, nowMs: number): void {
    if (row.owner === null) return;
    const { name, owner, acquiredAt, expiresAt } = lockRow(row);
    const state = ownerState(owner, this.#processes);
    if (state === 'gone') return;
    if (state === 'elsewhere' && Date.parse(expiresAt) <= nowMs) return;
    const who = `${owner.purpose} (pid ${owner.pid} on ${owner.hostname})`;
    throw new OaopsError('lock-held', `the lock "${name}" is held by ${who} since ${acquiredAt}`, {
      exitCode: 11,
      next:
        state === 'alive'
          ? 'Wait until it ends, or end that process; then run again.'
          : `It cannot be looked at from here. Unless renewed it expires at ${expiresAt}; if you know that it is gone, run "oaops lock break ${name} --confirm ${name}".`,
      details: { lock: name, owner, since: acquiredAt, expiresAt, ownerState: state },
    });
  }

  /** @returns false when somebody else has the lock now */
  async #renew(fence: Fence, ttlMs: number): Promise<boolean> {
    return this.#database.writeUnchained(async (db) => {
      const expires = isoTime((await this.#database.nowMs(db)) + ttlMs);
      const { numUpdatedRows } = await db
        .updateTable('locks')
        .set({ expires_at: expires })
        .where('name', '=', fence.lock)
        .where('fence', '=', fence.fence)
        .where('owner', 'is not', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    });
  }

  async #release(held: HeldLock, renewal: Renewal): Promise<void> {
    if (!this.#held.delete(held)) return;
    renewal.stop();
    await this.#database.write(async (tx) => {
      const { numUpdatedRows } = await tx.db
        .updateTable('locks')
        .set({ owner: null, acquired_at: null, expires_at: null })
        .where('name', '=', held.fence.lock)
        .where('fence', '=', held.fence.fence)
        .where('owner', 'is not', null)
        .executeTakeFirst();
      // Taken over or broken meanwhile: nothing of ours is left to give back.
      if (numUpdatedRows > 0n)
        await tx.audit({ action: 'lock.released', subject: held.fence.lock, details: { fence: held.fence.fence } });
    });
  }
}

export function lockRow(row: LockTable): LockRow {
  try {
    return {
      name: row.name,
      owner: JSON.parse(row.owner ?? 'null'),
      fence: row.fence,
      acquiredAt: row.acquired_at ?? '',
      expiresAt: row.expires_at ?? '',
    };
  } catch (error) {
    throw new OaopsError('record-corrupt', `the owner of lock "${row.name}" cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
