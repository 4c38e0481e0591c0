import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PackPiece, pieceRecordBytes, piecesIn, recordsOf } from '../../../src/backup/format/piece-records.ts';
import { PieceStore, type PieceStoreLimits } from '../../../src/backup/verify/piece-store.ts';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the contents that manifests name', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-pieces-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** Adds 40 blocks that name contents of three packs, many of them again and again, and compares what comes back. */
  const fill = (store: PieceStore) => {
    const told = new Map(['a', 'b', 'c'].map((pack) => [sha(pack), new Map<number, PackPiece>()]));
    for (let block = 0; block < 40; block += 1) {
      const parts = [...told].map(([sha256, pieces], p) => {
        const named = Array.from({ length: 50 }, (_, i): PackPiece => {
          const member = p === 2 ? 2 ** 40 + i : ((block * 50 + i) * 7919) % 499;
          return { member, length: block * 50 + i + 1, sha256: sha(`${p} ${block} ${i}`) };
        });
        for (const piece of named) pieces.set(piece.member, piece);
        return { sha256, count: named.length, records: recordsOf(named) };
      });
      const records = Buffer.alloc(parts.reduce((sum, part) => sum + part.records.length, 0));
      let at = 0;
      for (const part of parts) at += part.records.copy(records, at);
      store.add({ packs: parts.map(({ sha256, count }) => ({ sha256, count })), records });
    }
    return told;
  };
  const expectAll = (store: PieceStore, told: ReturnType<typeof fill>) => {
    for (const [pack, pieces] of told)
      expect([...piecesIn(store.take(pack))]).toEqual([...pieces.values()].sort((x, y) => x.member - y.member));
    expect(store.take(sha('a')), 'it is forgotten').toHaveLength(0);
    expect(store.take(sha('never named'))).toHaveLength(0);
  };

  const cases: [string, PieceStoreLimits | undefined][] = [
    ['in memory', undefined],
    ['in a file', { heldBytes: 9_000, slackBytes: 1e9 }],
    ['in a file that forgets what is there twice', { heldBytes: 9_000, slackBytes: 1_000 }],
  ];
  for (const [where, limits] of cases)
    it(`come back in the order of the pack, each member once, the last word of it: ${where}`, () => {
      const store = new PieceStore(join(dir, 'state'), limits);
      expectAll(store, fill(store));
      store.close();
    });

  it('leave no file behind, and one that nobody else may read', () => {
    const state = join(dir, 'state');
    const store = new PieceStore(state, { heldBytes: 1, slackBytes: 1_000 });
    fill(store);
    expect(readdirSync(state)).toEqual([]);
    expect(statSync(state).mode & 0o777).toBe(0o700);
    const open = () =>
      readdirSync('/proc/self/fd').filter(
        (fd) => statSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false })?.nlink === 0,
      ).length;
    const files = open();
    store.close();
    expect(open()).toBe(files - 1);
  });

  it('stay in memory where no file can be written', () => {
    writeFileSync(join(dir, 'file'), '');
    const store = new PieceStore(join(dir, 'file', 'state'), { heldBytes: 9_000, slackBytes: 1e9 });
    expectAll(store, fill(store));
    store.close();
  });

  it('are 48 bytes each', () => {
    const piece = { member: 2 ** 50, length: 2 ** 52 + 1, sha256: sha('x') };
    expect(pieceRecordBytes).toBe(48);
    expect(recordsOf([piece, piece])).toHaveLength(96);
    expect([...piecesIn(recordsOf([piece]))]).toEqual([piece]);
  });
});
