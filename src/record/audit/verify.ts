import type { Kysely } from 'kysely';
import { missingTable } from '../db/errors.ts';
import { genesisHash } from '../db/migrations.ts';
import type { AuditSegmentTable, Tables } from '../db/tables.ts';
import type { AuditAnchor, AuditVerdict } from '../types.ts';
import { Bookkeeping } from './bookkeeping.ts';
import { Broken } from './broken.ts';
import { auditHash } from './chain.ts';
import { RecordedState } from './state.ts';

const chunkRows = 5000;

/**
 * Walks the whole chain and then the tables that it describes. `db` must be one snapshot.
 *
 * What it can find: any changed, missing or added row; a cut-off end when the head was left alone. Who can write the
 * database can also compute a new chain, or cut rows off and set the head back: only an anchor kept elsewhere tells.
 */
export async function verifyAudit(db: Kysely<Tables>, anchors: AuditAnchor[], recordId: string): Promise<AuditVerdict> {
  const walk = new Walk(anchors, recordId);
  try {
    await walk.chain(db);
    walk.anchorsReached();
    const fault = await walk.state.compare(db);
    if (fault) throw new Broken(fault.seq, fault.message);
  } catch (error) {
    const missing = missingTable(error);
    if (missing !== undefined)
      return { state: 'altered', rows: walk.rows, brokenAt: 0, message: `a table of the record is gone: ${missing}` };
    if (!(error instanceof Broken)) throw error;
    return { state: 'altered', rows: walk.rows, brokenAt: error.seq, message: error.message };
  }
  if (walk.anchoredTo === undefined) {
    return {
      state: 'consistent-not-anchored',
      rows: walk.rows,
      message: `${walk.rows} rows are consistent, not anchored: ${anchors.length === 0 ? 'without an anchor kept elsewhere' : 'no anchor given lies in the rows still here, so'} a chain rewritten as a whole, or cut off at its end, would not show`,
    };
  }
  return {
    state: 'anchored',
    rows: walk.rows,
    anchoredTo: walk.anchoredTo,
    anchoredRows: walk.anchoredRows,
    message: `${walk.rows} rows are consistent; an anchor vouches for rows up to ${walk.anchoredTo} of ${walk.headSeq}`,
  };
}

class Walk {
  rows = 0;
  headSeq = 0;
  anchoredTo: number | undefined;
  readonly anchoredRows: number[] = [];
  readonly state = new RecordedState();
  readonly #anchors: Map<number, AuditAnchor[]>;
  readonly #recordId: string;

  constructor(anchors: AuditAnchor[], recordId: string) {
    this.#anchors = Map.groupBy(anchors, (anchor) => anchor.seq);
    this.#recordId = recordId;
  }

  async chain(db: Kysely<Tables>): Promise<void> {
    const book = await Bookkeeping.read(db);
    this.headSeq = book.head.seq;
    let { next, hash } = this.#skipArchived(book.segments.filter((segment) => segment.archived_at !== null));
    const early = await db.selectFrom('audit').select('seq').where('seq', '<', next).limit(1).executeTakeFirst();
    if (early) throw new Broken(next, `row ${early.seq} was put before the first row of the audit chain`);

    for (;;) {
      const chunk = await db
        .selectFrom('audit')
        .selectAll()
        .where('seq', '>=', next)
        .orderBy('seq')
        .limit(chunkRows)
        .execute();
      for (const row of chunk) {
        if (row.seq !== next) throw new Broken(next, `row ${next} of the audit chain is missing`);
        if (row.prev_hash !== hash || typeof row.details !== 'string' || auditHash(row) !== row.hash)
          throw new Broken(next, `row ${next} of the audit chain was altered`);
        book.compareRow(row);
        this.#compareAnchors(next, row.hash);
        try {
          this.state.note(row);
        } catch {
          throw new Broken(next, `row ${next} of the audit chain was not written by oaops: its details are not JSON`);
        }
        hash = row.hash;
        next += 1;
        this.rows += 1;
      }
      if (chunk.length < chunkRows) break;
    }
    book.compareEnd(next - 1, hash, this.state);
  }

  /** Anchors of another record say that this is not the one; those beyond the last row, that rows were cut off. */
  anchorsReached(): void {
    const foreign = [...this.#anchors.values()]
      .flat()
      .find(({ record }) => record !== undefined && record !== this.#recordId);
    if (foreign) throw new Broken(foreign.seq, `the anchor of row ${foreign.seq} was taken from another record`);
    const beyond = [...this.#anchors.keys()].filter((seq) => seq > this.headSeq);
    if (beyond.length > 0) {
      throw new Broken(
        this.headSeq + 1,
        `an anchor was taken at row ${Math.max(...beyond)}, but the chain ends at row ${this.headSeq}: rows were cut off`,
      );
    }
  }

  #skipArchived(archived: AuditSegmentTable[]): { next: number; hash: string } {
    let next = 1;
    let hash = genesisHash;
    for (const segment of archived) {
      if (segment.first_seq !== next || segment.prev_hash !== hash)
        throw new Broken(next, `archived segment ${segment.number} doesn't fit the one before it`);
      next = segment.last_seq + 1;
      hash = segment.last_hash;
      this.#compareAnchors(segment.last_seq, hash);
    }
    this.state.complete = archived.length === 0;
    return { next, hash };
  }

  #compareAnchors(seq: number, hash: string): void {
    const anchors = this.#anchors.get(seq) ?? [];
    if (anchors.length > 0 && this.anchoredRows.at(-1) !== seq) this.anchoredRows.push(seq);
    for (const anchor of anchors) {
      if (anchor.record !== undefined && anchor.record !== this.#recordId) continue;
      if (anchor.hash !== hash)
        throw new Broken(seq, `row ${seq} is not the one that was anchored at ${anchor.at}: the chain was rewritten`);
      this.anchoredTo = Math.max(this.anchoredTo ?? 0, seq);
    }
  }
}
