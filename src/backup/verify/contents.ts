import { toText } from '../format/byte-string.ts';
import { parseEntry } from '../format/entry.ts';
import { entryBlockLines, parseEntryBlock } from '../format/entry-block.ts';
import { objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import { parsePackTable } from '../format/pack-table.ts';
import { readBlock, readManifestRoot } from '../repository/manifest.ts';
import type { Repository } from '../repository/open.ts';
import { PieceList } from './piece-list.ts';
import { isDamage, type Structure } from './structure.ts';

/** What the manifests say about packs: how to read them and which contents they hold. */
export interface ExpectedContents {
  tables: Map<string, PackInfo>;
  pieces: Map<string, PieceList>;
  entries: number;
}

/** Decrypts and reads every manifest and block once. Damage is added to the problems of the structure. */
export async function readExpected(
  repository: Repository,
  structure: Structure,
  signal: AbortSignal,
): Promise<ExpectedContents> {
  const expected: ExpectedContents = { tables: new Map(), pieces: new Map(), entries: 0 };
  const seen = new Set<string>();
  for (const snapshot of structure.readable) {
    let object = objectNames.manifest(snapshot);
    const attempt = async (work: () => Promise<void>) => {
      try {
        signal.throwIfAborted();
        await work();
      } catch (error) {
        if (!isDamage(error)) throw error;
        const users = structure.needed.get(object)?.snapshots ?? [snapshot];
        structure.problems.push({ object, problem: error.message, snapshots: users });
      }
    };
    await attempt(async () => {
      const root = await readManifestRoot(repository, snapshot, signal);
      for (const [kind, blocks] of [
        ['packs', root.packTables],
        ['entries', root.blocks],
      ] as const) {
        for (const block of blocks) {
          object = objectNames.block(block.sha256);
          if (seen.has(block.sha256) || !structure.stored.has(object)) continue;
          seen.add(block.sha256);
          await attempt(async () => {
            const text = await readBlock(repository, block, signal);
            structure.bytesRead += block.storedBytes;
            if (kind === 'packs') for (const pack of parsePackTable(text)) expected.tables.set(pack.sha256, pack);
            else addEntries(text, expected);
          });
        }
      }
    });
  }
  return expected;
}

function addEntries(text: string, expected: ExpectedContents): void {
  for (const line of entryBlockLines(text)) {
    // One by one: thousands of entries at once would outlive the nursery of the heap.
    const { pieces } = parseEntry(line);
    expected.entries += 1;
    for (const piece of pieces) {
      if (piece.pack === null) continue;
      let pack = expected.pieces.get(piece.pack);
      if (!pack) {
        pack = new PieceList();
        expected.pieces.set(piece.pack, pack);
      }
      pack.add(piece);
    }
  }
}

/** Paths of the newest affected snapshot that need one of the damaged packs; at most `limit`. */
export async function affectedFiles(
  repository: Repository,
  snapshot: string,
  packs: ReadonlySet<string>,
  limit: number,
  signal: AbortSignal,
): Promise<string[]> {
  const paths: string[] = [];
  const root = await readManifestRoot(repository, snapshot, signal);
  for (const block of root.blocks) {
    try {
      for (const entry of parseEntryBlock(await readBlock(repository, block, signal))) {
        if (!entry.pieces.some(({ pack }) => pack !== null && packs.has(pack))) continue;
        paths.push(`/${toText(entry.path)}`);
        if (paths.length >= limit) return paths;
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  return paths;
}
