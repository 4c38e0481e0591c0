import { hash } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { giveBack } from '../../core/give-back.ts';
import { openPayload } from '../crypto/age-stream.ts';
import { maxPlainBytes, otherText, unreadableFrame } from '../format/damaged.ts';
import { parseEntry } from '../format/entry.ts';
import { eachEntryLine } from '../format/entry-block.ts';
import { PieceRecords, pieceRecordBytes } from '../format/piece-records.ts';

/** A stored entry block whose sha256 is its name, and what it takes to read it. */
export interface StoredBlock {
  name: string;
  stored: Uint8Array;
  /** Of the age header; 0 without encryption. */
  headerBytes: number;
  key: Uint8Array | undefined;
  plainSha256: string;
}

/** The contents that the entries of a block name, by pack. */
export interface BlockPieces {
  packs: { sha256: string; count: number }[];
  /** `PieceRecords` of the first pack, then of the second and so on; each in the order of the entries. */
  records: Uint8Array;
}

/** More than the text of most blocks: in one part it can be given back at once. Much more would be cleared first, for nothing. */
const roomBytes = 8 * 1024 * 1024;
const fewest = 16;

/**
 * Reads every entry of a block, with synchronous calls. Memory outside of the heap is given back by hand, as in `PackSource`.
 * @throws OaopsError `repository-damaged`, `format-unknown`
 */
export function piecesOfBlock({ name, stored, headerBytes, key, plainSha256 }: StoredBlock): BlockPieces {
  const packed = key ? openPayload(stored, headerBytes, key) : stored;
  let plain: Buffer;
  try {
    plain = zstdDecompressSync(packed, { chunkSize: roomBytes, maxOutputLength: maxPlainBytes });
  } catch {
    throw unreadableFrame();
  }
  if (key) giveBack(packed as Buffer);
  try {
    if (hash('sha256', plain, 'hex') !== plainSha256) throw otherText(name);
    return gather(plain);
  } finally {
    (plain.buffer as ArrayBuffer).transfer(0);
  }
}

function gather(plain: Buffer): BlockPieces {
  const packs = new Map<string, PieceRecords>();
  for (const line of eachEntryLine(plain)) {
    for (const piece of parseEntry(line).pieces) {
      if (piece.pack === null) continue;
      let records = packs.get(piece.pack);
      if (!records) {
        records = new PieceRecords(fewest);
        packs.set(piece.pack, records);
      }
      records.add(piece);
    }
  }
  const all = [...packs.values()];
  const records = Buffer.allocUnsafeSlow(all.reduce((sum, { count }) => sum + count, 0) * pieceRecordBytes);
  let at = 0;
  for (const one of all) {
    at += one.bytes.copy(records, at);
    one.release();
  }
  return { packs: Array.from(packs, ([sha256, { count }]) => ({ sha256, count })), records };
}
