import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { auditHash, auditHashOf, auditRowOf, canonicalText } from '../../src/record/audit/chain.ts';
import type { OpenedRecord } from '../../src/record/open.ts';
import { Bench, dialects, type Place, storeRun, storeUnit } from './suite.ts';

const at = '2026-11-22T08:00:00.000Z';

describe.each(dialects)('audit chain on %s', (dialect) => {
  const bench = new Bench(dialect);
  beforeAll(() => bench.start(), 60_000);
  afterEach(() => bench.closeAll());
  afterAll(() => bench.stop());

  /** A record with something in every table, and three sealed segments. */
  async function filled(): Promise<{ place: Place; record: OpenedRecord; runId: string }> {
    const place = await bench.place();
    const record = await bench.open(place, { segmentRows: 5 });
    const runId = await storeRun(record);
    const lock = await record.locks.acquire('run', 'x');
    for (let n = 1; n <= 4; n++) await storeUnit(record, runId, lock, `step-${n}`);
    await record.runs.addInput({ runId, step: 's', unit: 'u', kind: 'approval', by: 'bob', at, body: { ok: true } });
    await record.facts.add('drill', 'k', at, { rtoMs: 5 });
    await record.runs.setStatus(runId, { status: 'ok', at, exitCode: 0 });
    await lock.release();
    return { place, record, runId };
  }

  it('says consistent without an anchor and anchored with one', async () => {
    const { record } = await filled();
    const head = await record.audit.head();
    expect(await record.audit.verify()).toMatchObject({ state: 'consistent-not-anchored', rows: head.seq });
    const anchor = await record.audit.anchor();
    await record.facts.add('later', 'k', at, 1);
    expect(await record.audit.verify([anchor])).toMatchObject({
      state: 'anchored',
      anchoredTo: head.seq,
      rows: head.seq + 1,
    });
  });

  it.each([
    [
      'a row edited',
      `update audit set details = replace(details, 'step-2', 'step-9') where seq = (select min(seq) from audit where details like '%step-2%')`,
      /altered/,
    ],
    ['the actor of a row edited', `update audit set actor = 'mallory' where seq = 4`, /row 4 .* altered/],
    ['a row deleted in the middle', 'delete from audit where seq = 6', /row 6 .* missing/],
    ['the first row deleted', 'delete from audit where seq = 1', /row 1 .* missing/],
    ['the last row deleted', 'delete from audit where seq = (select max(seq) from audit)', /cut off/],
    ['everything deleted', 'delete from audit', /cut off/],
    [
      'two rows exchanged',
      'update audit set seq = 1000 where seq = 3; update audit set seq = 3 where seq = 4; update audit set seq = 4 where seq = 1000',
      /altered/,
    ],
    [
      'a row put before the first one',
      'insert into audit select 0, at, actor, action, subject, details, prev_hash, hash from audit where seq = 1',
      /before the first row/,
    ],
    ['a segment removed', 'delete from audit_segments where number = 2', /segment 3/],
    [
      'the last segment removed',
      'delete from audit_segments where number = (select max(number) from audit_segments)',
      /segments/,
    ],
    [
      'the time of a segment',
      `update audit_segments set sealed_at = '2020-01-01T00:00:00.000Z' where number = 1`,
      /segment 1/,
    ],
    [
      'an archive invented for a segment',
      `update audit_segments set archive_sha256 = '${'e'.repeat(64)}' where number = 1`,
      /segment 1/,
    ],
    ['the open segment of the head', 'update chain_head set segment = segment + 1', /head/],
    ['the first row of the open segment', 'update chain_head set segment_first = 1', /head/],
    ['a counter of the head lowered', 'update chain_head set journal_seq = 1', /journal_seq/],
    ['a counter of the head raised', 'update chain_head set fact_seq = 99', /fact_seq/],
    [
      'a second head',
      'insert into chain_head select 2, seq, hash, segment, segment_first, segment_prev_hash, journal_seq, input_seq, fact_seq from chain_head',
      /another head/,
    ],
    ['another id of the record', `update meta set value = 'other' where key = 'record_id'`, /made as/],
    ['no id of the record', `delete from meta where key = 'record_id'`, /made as/],
    ['a fact before the first one', `insert into facts select 0, topic, key, at, body from facts`, /fact 0 .* added/],
    [
      'an input before the first one',
      `insert into run_inputs select -1, run_id, step, unit, kind, "by", at, body from run_inputs`,
      /input -1 .* added/,
    ],
    [
      'a plan of no run',
      `insert into plans select 'ghost', schema_version, plan from plans`,
      /plan of run ghost .* added/,
    ],
    ['the version of a plan', `update plans set schema_version = 'oaops/v9'`, /plan of run .* altered/],
    ['white space in a document', `update journal set args = args || ' ' where seq = 1`, /journal 1 .* altered/],
    ['a table removed', 'drop table run_inputs', /run_inputs/],
    ['a segment edited', `update audit_segments set last_hash = '${'f'.repeat(64)}' where number = 1`, /segment 1/],
    [
      'a segment declared archived',
      `delete from audit where seq <= 5; update audit_segments set archived_at = '${at}' where number = 1`,
      /doesn't say/,
    ],
    ['a run edited', `update runs set status = 'failed'`, /run .* altered/],
    ['a run deleted', 'delete from runs', /run .* is gone/],
    ['a plan edited', `update plans set plan = replace(plan, '1.0', '1.1')`, /plan of run .* altered/],
    ['a result edited', `update journal set result = '{"files":4}' where seq = 2`, /row of the journal 2 .* altered/],
    ['a journal row deleted', 'delete from journal where seq = 3', /row of the journal 3.* is gone/],
    [
      'a journal row added',
      `insert into journal select 99, run_id, 'other', unit, target, attempt, phase, status, args, result, message, outputs, started_at, ended_at from journal where seq = 1`,
      /row of the journal 99 was added/,
    ],
    ['an approval edited', `update run_inputs set by = 'carol'`, /input 1 .* altered/],
    ['a fact edited', `update facts set body = '{"rtoMs":4}'`, /fact 1 .* altered/],
    ['the fence of a lock lowered', 'update locks set fence = fence - 1', /lock run .* altered/],
    [
      'a lock given back to who had lost it',
      `update locks set owner = '{"pid":1}', acquired_at = '${at}', expires_at = '2099-01-01T00:00:00.000Z'`,
      /lock run .* altered/,
    ],
    ['a lock deleted', 'delete from locks', /lock run, .* is gone/],
    ['a lock added', `insert into locks (name, fence) values ('forged', 9)`, /lock forged was added/],
    ['the head set back', 'update chain_head set seq = seq - 1', /head says/],
    ['the head deleted', 'delete from chain_head', /head of the chain is missing/],
  ])('finds %s', async (_name, script, message) => {
    const { place, record } = await filled();
    await place.sql(dialect === 'postgres' ? script.replace('set by =', 'set "by" =') : script);
    const verdict = await record.audit.verify();
    expect(verdict).toMatchObject({ state: 'altered', message: expect.stringMatching(message) });
    expect(verdict.brokenAt).toBeTypeOf('number');
  });

  it('finds rows cut off with the head set back only by an anchor', async () => {
    const { place, record, runId } = await filled();
    const early = await record.audit.anchor();
    const lock = await record.locks.acquire('late', 'x');
    await lock.release();
    const late = await record.audit.anchor();
    await place.sql(
      `delete from audit where seq > ${early.seq}; update chain_head set seq = ${early.seq}, hash = '${early.hash}'; delete from locks where name = 'late'`,
    );
    expect(await record.audit.verify([early])).toMatchObject({ state: 'anchored' });
    expect(await record.audit.verify([early, late])).toMatchObject({
      state: 'altered',
      brokenAt: early.seq + 1,
      message: expect.stringMatching(/cut off/),
    });
    expect(runId).toBeDefined();
  });

  it('finds a chain that was computed anew only by an anchor', async () => {
    const { record } = await filled();
    const anchor = await record.audit.anchor();
    const forged = { ...anchor, hash: 'a'.repeat(64) };
    expect(await record.audit.verify([forged])).toMatchObject({
      state: 'altered',
      message: expect.stringMatching(/rewritten/),
    });
    const foreign = { ...anchor, record: 'other' };
    expect(await record.audit.verify([foreign])).toMatchObject({
      state: 'altered',
      message: expect.stringMatching(/another record/),
    });
  });

  it('verifies more rows than it reads at once', async () => {
    const place = await bench.place();
    const record = await bench.open(place);
    // In one transaction: commits would take the longest time.
    await record.database.write(async (tx) => {
      for (let n = 0; n < 5100; n++)
        await tx.audit({ action: 'test', subject: `s${n}`, details: { n, text: 'x'.repeat(200) } });
    });
    expect(await record.audit.verify()).toMatchObject({ rows: 5101 });
  }, 120_000);
});

describe('hash of a row', () => {
  const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);

  it('is the same from the stored and from the public shape, and differs when any member does', () => {
    console.log(`seed: ${seed}`);
    const row = fc.record({
      seq: fc.nat(),
      at: fc.string(),
      actor: fc.string(),
      action: fc.string(),
      subject: fc.string(),
      details: fc.jsonValue(),
      prev_hash: fc.string(),
    });
    fc.assert(
      fc.property(
        row,
        fc.constantFrom('seq', 'at', 'actor', 'action', 'subject', 'details', 'prev_hash'),
        ({ details, ...rest }, member) => {
          const stored = { ...rest, details: canonicalText(details), hash: '' };
          const hash = auditHash(stored);
          expect(auditHashOf(auditRowOf(stored))).toBe(hash);
          const changed = {
            ...stored,
            [member]:
              member === 'seq'
                ? stored.seq + 1
                : member === 'details'
                  ? canonicalText([details])
                  : `${stored[member]}x`,
          };
          expect(auditHash(changed)).not.toBe(hash);
        },
      ),
      { seed },
    );
  });
});
