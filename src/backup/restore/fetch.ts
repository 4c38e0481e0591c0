import type { Identities } from '../crypto/age-header.ts';
import { identityMissing } from '../crypto/age-header.ts';
import { objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import type { ObjectStore } from '../ports.ts';
import { framesOf, headRange, type Segment, storedRange } from './pack-source.ts';
import type { PlannedPiece } from './plan.ts';

/** Ranges nearer to each other than this are fetched as one: a request costs more than the bytes between. */
const gapBytes = 256 * 1024;

export interface FetchedPack {
  segments: Segment[];
  whole: boolean;
  key: Uint8Array | undefined;
  bytes: number;
}

/** Fetches a pack whole when most of it is wanted, else the frames that are wanted. */
export async function fetchPack(
  store: ObjectStore,
  pack: PackInfo,
  pieces: readonly PlannedPiece[],
  identities: Identities | undefined,
  signal: AbortSignal,
): Promise<FetchedPack> {
  const name = objectNames.pack(pack.sha256);
  const ranges = wantedRanges(pack, pieces);
  const wantedBytes = ranges.reduce((sum, range) => sum + range.length, 0);
  const whole = wantedBytes * 2 > pack.storedBytes || pack.storedBytes <= gapBytes;
  const segments: Segment[] = [];
  if (whole) segments.push({ offset: 0, bytes: await store.get(name, undefined, signal) });
  else for (const range of ranges) segments.push({ offset: range.offset, bytes: await store.get(name, range, signal) });
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes.length, 0);
  if (pack.headerBytes === 0) return { segments, whole, key: undefined, bytes };
  if (!identities) throw identityMissing();
  const head = headRange(pack)!;
  const start = segments.find(({ offset, bytes: found }) => offset === 0 && found.length >= head.length)?.bytes;
  const { key } = await identities.payloadKey(
    (start ?? (await store.get(name, head, signal))).subarray(0, head.length),
  );
  return { segments, whole, key, bytes };
}

function wantedRanges(pack: PackInfo, pieces: readonly PlannedPiece[]): { offset: number; length: number }[] {
  const spans = pieces.map((piece) => framesOf(pack, piece)).sort((a, b) => a.first - b.first);
  const ranges: { offset: number; length: number }[] = [];
  for (const { first, last } of spans) {
    const { offset, length } = storedRange(pack, first, last);
    const previous = ranges.at(-1);
    if (previous && offset <= previous.offset + previous.length + gapBytes) {
      previous.length = Math.max(previous.length, offset + length - previous.offset);
    } else ranges.push({ offset, length });
  }
  return ranges;
}
