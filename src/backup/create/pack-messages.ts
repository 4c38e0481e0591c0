import type { PackInfo } from '../format/pack-table.ts';

/**
 * What the thread that makes packs is told. Contents lie in shared slabs; only places in them are sent: offset and length of one after the
 * other, as numbers, because copying an object for each small file costs more than its place is worth.
 */
export type PackOrder =
  | { kind: 'data'; pack: number; file: string; slab: number; ranges: Uint32Array }
  | { kind: 'finish'; pack: number };

/** What it answers. `data` is answered when its bytes are copied out of the slab. */
export type PackAnswer =
  | { kind: 'taken'; pack: number; slab: number; bytes: number; compressedBytes: number; framedRawBytes: number }
  | { kind: 'finished'; pack: number; info: PackInfo }
  | { kind: 'failed'; message: string; code: string | undefined };

export interface PackThreadData {
  slabs: SharedArrayBuffer[];
  recipients: readonly string[];
  level: number;
}
