import type { Identities } from '../crypto/age-header.ts';
import { identityMissing } from '../crypto/age-header.ts';
import { objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import type { ObjectStore } from '../ports.ts';
import type { PlannedPiece } from './pack-pieces.ts';
import { framesOf, headRange, type Segment, storedRange } from './pack-source.ts';
import { type SliceMemory, sliceBytesOf } from './slice-memory.ts';

/** Ranges nearer to each other than this are fetched as one: a request costs more than the bytes between. */
const gapBytes = 256 * 1024;
/** And of so many contents at most, so that small files keep all threads busy too. */
const slicePieces = 2000;

export interface FetchedPieces {
  segments: Segment[];
  key: Uint8Array | undefined;
  bytes: number;
}

/** Keys of one pack by the leg that its header came from; to find one out takes as long as to read some MiB. */
export type PackKeys = Map<ObjectStore, Promise<{ key: Uint8Array; bytes: number }>>;

/** Fetches the frames that hold these contents, into `memory` as far as there is room, and the key of the pack when it is not known yet. */
export async function fetchPieces(
  store: ObjectStore,
  pack: PackInfo,
  pieces: readonly PlannedPiece[],
  access: { identities: Identities | undefined; keys: PackKeys; signal: AbortSignal; memory?: SliceMemory },
): Promise<FetchedPieces> {
  const room = access.memory?.take();
  try {
    return await fetchInto(room, store, pack, pieces, access);
  } catch (error) {
    // A pack that is cut is asked for thousands of contents, and does not give any.
    if (room) access.memory?.give(room.buffer as ArrayBuffer);
    throw error;
  }
}

async function fetchInto(
  memory: Uint8Array | undefined,
  store: ObjectStore,
  pack: PackInfo,
  pieces: readonly PlannedPiece[],
  { identities, keys, signal }: { identities: Identities | undefined; keys: PackKeys; signal: AbortSignal },
): Promise<FetchedPieces> {
  const name = objectNames.pack(pack.sha256);
  const segments: Segment[] = [];
  let room = memory;
  for (const range of wantedRanges(pack, pieces)) {
    segments.push({ offset: range.offset, bytes: await store.get(name, range, signal, room) });
    room = room?.subarray(Math.min(range.length, room.length));
  }
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes.length, 0);
  const head = headRange(pack);
  if (!head) return { segments, key: undefined, bytes };
  let known = keys.get(store);
  if (!known) {
    known = keyOf(store, name, head, identities, signal);
    keys.set(store, known);
    // The next slice tries again.
    known.then(
      (found) => {
        bytes += found.bytes;
      },
      () => keys.delete(store),
    );
  }
  const { key } = await known;
  return { segments, key, bytes };
}

async function keyOf(
  store: ObjectStore,
  name: string,
  head: { offset: number; length: number },
  identities: Identities | undefined,
  signal: AbortSignal,
): Promise<{ key: Uint8Array; bytes: number }> {
  if (!identities) throw identityMissing();
  const start = await store.get(name, head, signal);
  return { key: (await identities.payloadKey(start)).key, bytes: start.length };
}

/** Contents in the order of the pack, cut where the stored bytes between first and last would become too many. */
export function slicesOf<T extends Pick<PlannedPiece, 'member' | 'length'>>(
  store: Pick<ObjectStore, 'kind'>,
  pack: PackInfo,
  pieces: readonly T[],
): T[][] {
  const sliceBytes = sliceBytesOf(store);
  const slices: T[][] = [];
  let from = 0;
  for (const piece of pieces) {
    const { first, last } = framesOf(pack, piece);
    const { offset, length } = storedRange(pack, first, last);
    const current = slices.at(-1);
    if (current && current.length < slicePieces && offset + length - from <= sliceBytes) current.push(piece);
    else {
      slices.push([piece]);
      from = offset;
    }
  }
  return slices;
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
