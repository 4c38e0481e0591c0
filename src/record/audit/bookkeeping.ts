import type { Kysely } from 'kysely';
import { genesisHash } from '../db/migrations.ts';
import type { AuditSegmentTable, AuditTable, ChainHeadTable, Tables } from '../db/tables.ts';
import { Broken } from './broken.ts';
import type { RecordedState } from './state.ts';

/**
 * The tables that say how far the chain has come: its head, its sealed segments, the id of the record. Nothing in the
 * chain holds a digest of them, but all they say follows from its rows.
 */
export class Bookkeeping {
  readonly head: ChainHeadTable;
  readonly segments: readonly AuditSegmentTable[];
  readonly #recordId: string | undefined;
  readonly #starts: Map<number, AuditSegmentTable>;
  readonly #ends: Map<number, AuditSegmentTable>;

  private constructor(head: ChainHeadTable, segments: AuditSegmentTable[], recordId: string | undefined) {
    this.head = head;
    this.segments = segments;
    this.#recordId = recordId;
    const here = segments.filter((segment) => segment.archived_at === null);
    this.#starts = new Map(here.map((segment) => [segment.first_seq, segment]));
    this.#ends = new Map(here.map((segment) => [segment.last_seq, segment]));
  }

  static async read(db: Kysely<Tables>): Promise<Bookkeeping> {
    const [head, ...others] = await db.selectFrom('chain_head').selectAll().orderBy('id').execute();
    if (head?.id !== 1 || others.length > 0)
      throw new Broken(0, head ? 'the chain has another head than its own' : 'the head of the chain is missing');
    const segments = await db.selectFrom('audit_segments').selectAll().orderBy('number').execute();
    const id = await db.selectFrom('meta').select('value').where('key', '=', 'record_id').executeTakeFirst();
    return new Bookkeeping(head, segments, id?.value);
  }

  /** Segments follow one another without a gap, and the head says what comes after the last one. */
  #joined(): void {
    let before = { number: 0, last_seq: 0, last_hash: genesisHash };
    for (const segment of this.segments) {
      const { number, first_seq: first, prev_hash: hash } = segment;
      if (number !== before.number + 1 || first !== before.last_seq + 1 || hash !== before.last_hash)
        throw new Broken(before.last_seq + 1, `segment ${number} doesn't fit the one before it`);
      before = segment;
    }
    const { segment, segment_first: first, segment_prev_hash: hash } = this.head;
    if (segment !== before.number + 1 || first !== before.last_seq + 1 || hash !== before.last_hash)
      throw new Broken(
        before.last_seq + 1,
        `the head of the chain doesn't fit its segments: ${before.number} are here`,
      );
  }

  /** Compares a row that is here with the segments that begin and end with it. */
  compareRow(row: AuditTable): void {
    const start = this.#starts.get(row.seq);
    if (start && start.prev_hash !== row.prev_hash)
      throw new Broken(row.seq, `segment ${start.number} doesn't fit the row before it`);
    const end = this.#ends.get(row.seq);
    if (!end) return;
    if (end.last_hash !== row.hash)
      throw new Broken(row.seq, `row ${row.seq} is not the one that segment ${end.number} was sealed with`);
    if (end.sealed_at !== row.at || end.archive_sha256 !== null)
      throw new Broken(row.seq, `segment ${end.number} is not as it was sealed with row ${row.seq}: it was altered`);
    this.#ends.delete(row.seq);
  }

  /** After the last row: what the rows have told against what these tables say. */
  compareEnd(seq: number, hash: string, state: RecordedState): void {
    if (seq !== this.head.seq) {
      throw new Broken(
        Math.min(seq, this.head.seq) + 1,
        seq < this.head.seq
          ? `rows ${seq + 1} to ${this.head.seq} of the audit chain were cut off`
          : `the head says ${this.head.seq} rows, but there are ${seq}`,
      );
    }
    if (hash !== this.head.hash) throw new Broken(seq, 'the head of the chain is not its last row');
    const [unmet] = this.#ends.values();
    if (unmet) throw new Broken(unmet.first_seq, `segment ${unmet.number} names rows that are not there`);
    this.#joined();
    for (const segment of this.segments) if (segment.archived_at !== null) compareArchived(segment, state);
    for (const counter of ['journal_seq', 'input_seq', 'fact_seq'] as const) {
      const told = state.numbers[counter];
      // The highest number may have been told in rows that are archived.
      const fits = state.complete ? this.head[counter] === told : this.head[counter] >= told;
      if (!fits)
        throw new Broken(seq, `the head of the chain says ${counter} ${this.head[counter]}, its rows say ${told}`);
    }
    const made = state.recordIds[0];
    if (state.recordIds.length > 1 || (made !== undefined && made !== this.#recordId))
      throw new Broken(1, `the record was made as ${made}, and now it says it is ${this.#recordId ?? 'none'}`);
  }
}

function compareArchived(segment: AuditSegmentTable, state: RecordedState): void {
  const { number, first_seq: first, last_seq: last } = segment;
  const told = state.archived.get(number);
  if (told?.['lastHash'] !== segment.last_hash || told['firstSeq'] !== first || told['lastSeq'] !== last)
    throw new Broken(first, `rows ${first} to ${last} are gone, and the chain doesn't say that they were archived`);
  // Rows of the first versions tell no times.
  const { sha256, sealedAt = segment.sealed_at, archivedAt = segment.archived_at } = told;
  if (sha256 !== segment.archive_sha256 || sealedAt !== segment.sealed_at || archivedAt !== segment.archived_at)
    throw new Broken(first, `segment ${number} is not what the chain says about its archive: it was altered`);
}
