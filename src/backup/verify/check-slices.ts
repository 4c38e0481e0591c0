import type { PackInfo } from '../format/pack-table.ts';
import { pieceRecordBytes, piecesIn } from '../format/piece-records.ts';
import { framesOf, storedRange } from '../restore/pack-source.ts';

/** What small files come to when they are decompressed: without this a whole pack of them would be one slice. */
const sliceFrames = 16;

/** A part of a pack that is read and checked at once. */
export interface CheckSlice {
  /** Where it is stored. */
  offset: number;
  length: number;
  /** `PieceRecords`, in memory of their own. */
  pieces: Buffer;
}

/** Contents in the order of the pack, cut into slices of about `sliceBytes` stored bytes. @throws OaopsError `repository-damaged` for one that lies outside of the pack */
export function checkSlices(pack: PackInfo, records: Buffer, sliceBytes: number): CheckSlice[] {
  const cuts: { first: number; last: number; from: number; to: number }[] = [];
  let start = 0;
  let end = 0;
  let lastOfEnd = -1;
  let at = 0;
  for (const piece of piecesIn(records)) {
    const { first, last } = framesOf(pack, piece);
    if (last !== lastOfEnd) {
      const { offset, length } = storedRange(pack, last, last);
      lastOfEnd = last;
      end = offset + length;
    }
    const current = cuts.at(-1);
    const to = at + pieceRecordBytes;
    if (current && end - start <= sliceBytes && last - current.first < sliceFrames) {
      current.last = Math.max(current.last, last);
      current.to = to;
    } else {
      cuts.push({ first, last, from: at, to });
      start = storedRange(pack, first, first).offset;
    }
    at = to;
  }
  return cuts.map(({ first, last, from, to }) => {
    const pieces = Buffer.allocUnsafeSlow(to - from);
    records.copy(pieces, 0, from, to);
    return { ...storedRange(pack, first, last), pieces };
  });
}
