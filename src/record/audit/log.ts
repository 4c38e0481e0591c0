import { isoTime } from '../../core/clock.ts';
import type { Database } from '../db/database.ts';
import type { AuditAnchor, AuditEvent, AuditLog, AuditRow, AuditVerdict } from '../types.ts';
import { auditRowOf } from './chain.ts';
import { verifyAudit } from './verify.ts';

const chunkRows = 1000;

/** The audit log: append-only rows, each holding the hash of the one before it. */
export class SqlAuditLog implements AuditLog {
  readonly #database: Database;
  readonly #recordId: string;

  constructor(database: Database, recordId: string) {
    this.#database = database;
    this.#recordId = recordId;
  }

  append(event: AuditEvent): Promise<AuditRow> {
    return this.#database.write((tx) => tx.audit(event));
  }

  async head(): Promise<{ seq: number; hash: string }> {
    return this.#database.read((db) =>
      db.selectFrom('chain_head').select(['seq', 'hash']).where('id', '=', 1).executeTakeFirstOrThrow(),
    );
  }

  async anchor(): Promise<AuditAnchor & { record: string }> {
    const { seq, hash } = await this.head();
    return { seq, hash, at: isoTime(this.#database.clock.nowMs()), record: this.#recordId };
  }

  async *rows(from: number, to = Number.MAX_SAFE_INTEGER): AsyncIterable<AuditRow> {
    for (let next = from; ; ) {
      const rows = await this.#database.read((db) =>
        db
          .selectFrom('audit')
          .selectAll()
          .where('seq', '>=', next)
          .where('seq', '<=', to)
          .orderBy('seq')
          .limit(chunkRows)
          .execute(),
      );
      for (const row of rows) yield auditRowOf(row);
      const last = rows.at(-1);
      if (rows.length < chunkRows || !last) return;
      next = last.seq + 1;
    }
  }

  verify(anchors: AuditAnchor[] = []): Promise<AuditVerdict> {
    return this.#database.snapshot((db) => verifyAudit(db, anchors, this.#recordId));
  }
}
