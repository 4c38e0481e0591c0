import type { PackInfo } from '../format/pack-table.ts';

/** Where known contents lie. The local cache implements it; it is never authoritative: packs are looked for on the legs. */
export interface ContentIndex {
  find(sha256: string): { pack: string; member: number; length: number } | undefined;
  /** Remembers a pack that is on the legs, and what is in it. */
  addPack(pack: PackInfo, contents: Iterable<{ sha256: string; member: number; length: number }>): void;
}
