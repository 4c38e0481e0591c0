import { type Kysely, sql, type Transaction } from 'kysely';
import { type Clock, isoTime } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import type { RandomSource } from '../../core/ids.ts';
import { auditHash, canonicalText } from '../audit/chain.ts';
import type { AuditEvent, AuditRow, Fence } from '../types.ts';
import { isConnectionLoss, isTransient, recordError } from './errors.ts';
import type { DialectName } from './migrations.ts';
import type { ChainHeadTable, Tables } from './tables.ts';

/** How long a write waits for other writers and for a server that restarts before it gives up. */
const patienceMs = 30_000;

export interface DatabaseOptions {
  db: Kysely<Tables>;
  dialect: DialectName;
  /** Where the record lies, without secrets: for messages. */
  place: string;
  clock: Clock;
  random: RandomSource;
  actor: string;
  /** Rows per audit segment. */
  segmentRows: number;
}

/** What a writing transaction can do beside its own statements. */
export interface WriteTransaction {
  db: Transaction<Tables>;
  /** Appends to the audit chain; `at` and `actor` default to now and to the record's actor. */
  audit(event: Pick<AuditEvent, 'action' | 'subject' | 'details'> & Partial<AuditEvent>): Promise<AuditRow>;
  next(counter: 'journal_seq' | 'input_seq' | 'fact_seq'): number;
  /** @throws OaopsError `fence-lost` (exit 11) when another process has taken the lock since */
  checkFence(fence: Fence): Promise<void>;
  /** Time by the database's own clock where several machines share it, else by this machine's. */
  nowMs(): Promise<number>;
}

/**
 * The one door to the database: reads at once, writes one after the other. Each write is a transaction that locks the
 * chain head first, so that writers of all processes stand in one line, and is tried again as a whole when the database
 * says that it was busy. Work passed to `write` must therefore change nothing but the database.
 */
export class Database {
  readonly db: Kysely<Tables>;
  readonly dialect: DialectName;
  readonly place: string;
  readonly clock: Clock;
  readonly actor: string;
  readonly #options: DatabaseOptions;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.db = options.db;
    this.dialect = options.dialect;
    this.place = options.place;
    this.clock = options.clock;
    this.actor = options.actor;
  }

  /** Runs a reading query; database errors become errors for people. */
  async read<T>(query: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#patiently(
      async () => ({ value: await query(this.db) }),
      () => true,
    );
  }

  /** One transaction with the chain head locked. */
  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#enqueue(async () => {
      let committing = false;
      return this.#patiently(
        async () => {
          committing = false;
          const value = await this.db.transaction().execute(async (db) => {
            const tx = await this.#begin(db);
            const result = await work(tx);
            await tx.end();
            committing = true;
            return result;
          });
          return { value };
        },
        // Lost while committing: nobody knows whether it was stored, and doing it twice could be worse than stopping.
        () => !committing,
      );
    });
  }

  /** One transaction that leaves the audit chain alone (lock renewal): it doesn't wait for other writers' commits. */
  writeUnchained<T>(work: (db: Transaction<Tables>) => Promise<T>): Promise<T> {
    return this.#patiently(
      async () => ({ value: await this.db.transaction().execute(work) }),
      () => true,
    );
  }

  /** Reads that belong together: all see the same moment, whatever others write meanwhile. */
  snapshot<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.read((pool) =>
      pool.connection().execute(async (db) => {
        await (this.dialect === 'sqlite' ? sql`begin` : sql`begin isolation level repeatable read read only`).execute(
          db,
        );
        try {
          // It holds up nobody, and whoever reads its rows may be slow (a pipe).
          if (this.dialect === 'postgres') await sql`set local idle_in_transaction_session_timeout = 0`.execute(db);
          return await work(db);
        } finally {
          // A lost connection and a read error of SQLite have ended it already; the first error is the one that tells.
          await sql`rollback`.execute(db).catch(() => undefined);
        }
      }),
    );
  }

  async nowMs(db: Kysely<Tables> = this.db): Promise<number> {
    if (this.dialect === 'sqlite') return this.clock.nowMs();
    const { rows } = await sql<{
      ms: string;
    }>`select floor(extract(epoch from clock_timestamp()) * 1000)::text as ms`.execute(db);
    return Number(rows[0]?.ms);
  }

  async close(): Promise<void> {
    await this.#queue.catch(() => {});
    await this.db.destroy();
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work, work);
    this.#queue = result.catch(() => {});
    return result;
  }

  async #patiently<T>(attempt: () => Promise<{ value: T }>, mayRetryLostConnection: () => boolean): Promise<T> {
    const started = this.clock.monotonicMs();
    for (let tries = 1; ; tries++) {
      try {
        return (await attempt()).value;
      } catch (error) {
        const again =
          isTransient(error) || (this.dialect === 'postgres' && isConnectionLoss(error) && mayRetryLostConnection());
        if (!again || this.clock.monotonicMs() - started > patienceMs || tries > 2000)
          throw recordError(error, this.place);
      }
      // Random, so that processes that collided don't collide again.
      const share = ((this.#options.random(1)[0] ?? 0) + 1) / 256;
      await this.clock.sleep(Math.ceil(share * Math.min(5 * 2 ** Math.min(tries, 6), 250)));
    }
  }

  async #begin(db: Transaction<Tables>): Promise<WriteTransaction & { end(): Promise<void> }> {
    const query = db.selectFrom('chain_head').selectAll().where('id', '=', 1);
    const head = await (this.dialect === 'postgres' ? query.forUpdate() : query).executeTakeFirst();
    if (!head)
      throw new OaopsError('record-corrupt', `the record has no chain head (${this.place})`, {
        next: 'Put back a copy with "oaops record restore FILE".',
      });
    const before = { ...head };
    return {
      db,
      audit: (event) => this.#append(db, head, event),
      next: (counter) => {
        head[counter] += 1;
        return head[counter];
      },
      checkFence: (fence) => checkFence(db, fence),
      nowMs: () => this.nowMs(db),
      end: async () => {
        const { id, ...changed } = head;
        const moved = Object.entries(changed).some(
          ([column, value]) => before[column as keyof ChainHeadTable] !== value,
        );
        if (moved) await db.updateTable('chain_head').set(changed).where('id', '=', id).execute();
      },
    };
  }

  async #append(
    db: Transaction<Tables>,
    head: ChainHeadTable,
    event: Pick<AuditEvent, 'action' | 'subject' | 'details'> & Partial<AuditEvent>,
  ): Promise<AuditRow> {
    const row = auditRow(head, {
      at: event.at ?? isoTime(this.clock.nowMs()),
      actor: event.actor ?? this.actor,
      action: event.action,
      subject: event.subject,
      details: event.details,
    });
    await db
      .insertInto('audit')
      .values({ ...row.stored })
      .execute();
    head.seq = row.audit.seq;
    head.hash = row.audit.hash;
    if (head.seq - head.segment_first + 1 >= this.#options.segmentRows) {
      await db
        .insertInto('audit_segments')
        .values({
          number: head.segment,
          first_seq: head.segment_first,
          last_seq: head.seq,
          prev_hash: head.segment_prev_hash,
          last_hash: head.hash,
          sealed_at: row.audit.at,
          archived_at: null,
          archive_sha256: null,
        })
        .execute();
      head.segment += 1;
      head.segment_first = head.seq + 1;
      head.segment_prev_hash = head.hash;
    }
    return row.audit;
  }
}

function auditRow(head: ChainHeadTable, event: AuditEvent): { audit: AuditRow; stored: Tables['audit'] } {
  const stored = {
    seq: head.seq + 1,
    at: event.at,
    actor: cleanText(event.actor),
    action: event.action,
    subject: cleanText(event.subject),
    details: canonicalText(event.details),
    prev_hash: head.hash,
    hash: '',
  };
  stored.hash = auditHash(stored);
  const { prev_hash: prevHash, ...rest } = stored;
  return { stored, audit: { ...rest, details: JSON.parse(stored.details), prevHash } };
}

async function checkFence(db: Transaction<Tables>, fence: Fence): Promise<void> {
  const row = await db.selectFrom('locks').select(['fence', 'owner']).where('name', '=', fence.lock).executeTakeFirst();
  if (row && row.fence === fence.fence && row.owner !== null) return;
  throw new OaopsError('fence-lost', `the lock "${fence.lock}" was taken by another process`, {
    exitCode: 11,
    next: 'Look with "oaops lock list" who works on it now; this process stores nothing more.',
    details: { lock: fence.lock, fence: fence.fence, currentFence: row?.fence ?? null },
  });
}

/** Text as both databases can store it: PostgreSQL has no NUL, and neither has half a surrogate pair in UTF-8. */
export function cleanText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}
