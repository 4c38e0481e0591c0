import { identityMissing } from '../crypto/age-header.ts';
import { toText } from '../format/byte-string.ts';
import { damaged } from '../format/damaged.ts';
import { parseEntryBlock } from '../format/entry-block.ts';
import type { EntryBlockRef } from '../format/manifest-root.ts';
import { objectNames } from '../format/object-names.ts';
import type { PackInfo } from '../format/pack-table.ts';
import { parsePackTable } from '../format/pack-table.ts';
import type { BlockPieces } from '../repository/block-pieces.ts';
import { readBlock, readManifestRoot, readStoredBlock } from '../repository/manifest.ts';
import type { Repository } from '../repository/open.ts';
import type { WorkerPool } from '../restore/pool.ts';
import type { PieceStore } from './piece-store.ts';
import { isFault, type Structure } from './structure.ts';

/** What the manifests say about packs: how to read them and which contents they hold. */
export interface ExpectedContents {
  tables: Map<string, PackInfo>;
  pieces: PieceStore;
}

/** A block that is being read; its error is told when it is asked for. */
interface Reading {
  object: string;
  snapshot: string;
  storedBytes: number;
  contents: Promise<BlockPieces>;
}

/**
 * Decrypts and reads every manifest and block once, blocks of entries in the threads of the pool. Damage is added to the
 * problems of the structure.
 */
export async function readExpected(
  repository: Repository,
  structure: Structure,
  pieces: PieceStore,
  pool: WorkerPool,
  signal: AbortSignal,
): Promise<ExpectedContents> {
  const expected: ExpectedContents = { tables: new Map(), pieces };
  const seen = new Set<string>();
  const ahead: Reading[] = [];
  const attempt = async (object: string, snapshot: string, work: () => Promise<void>) => {
    try {
      signal.throwIfAborted();
      await work();
    } catch (error) {
      if (!isFault(error)) throw error;
      const users = structure.needed.get(object)?.snapshots ?? [snapshot];
      structure.problems.push({ object, problem: error.message, snapshots: users });
    }
  };
  const take = ({ object, snapshot, storedBytes, contents }: Reading) =>
    attempt(object, snapshot, async () => {
      pieces.add(await contents);
      structure.bytesRead += storedBytes;
    });
  for (const snapshot of structure.readable) {
    const isNew = ({ sha256 }: { sha256: string }) => {
      if (seen.has(sha256) || !structure.stored.has(objectNames.block(sha256))) return false;
      seen.add(sha256);
      return true;
    };
    await attempt(objectNames.manifest(snapshot), snapshot, async () => {
      const root = await readManifestRoot(repository, snapshot, signal);
      for (const block of root.packTables.filter(isNew))
        await attempt(objectNames.block(block.sha256), snapshot, async () => {
          const text = await readBlock(repository, block, signal);
          structure.bytesRead += block.storedBytes;
          for (const pack of parsePackTable(text)) expected.tables.set(pack.sha256, pack);
        });
      for (const block of root.blocks.filter(isNew)) {
        signal.throwIfAborted();
        const contents = readPieces(repository, block, pool, signal);
        contents.catch(() => undefined);
        ahead.push({ object: objectNames.block(block.sha256), snapshot, storedBytes: block.storedBytes, contents });
        if (ahead.length > pool.size) await take(ahead.shift()!);
      }
    });
  }
  for (const reading of ahead) await take(reading);
  return expected;
}

async function readPieces(
  repository: Repository,
  block: EntryBlockRef,
  pool: WorkerPool,
  signal: AbortSignal,
): Promise<BlockPieces> {
  const { encryption, identities } = repository.reading;
  const stored = await readStoredBlock(repository, block, signal);
  if (encryption === 'age' && !identities) throw identityMissing();
  const { key, headerBytes } = identities && encryption === 'age' ? await identities.payloadKey(stored) : noKey;
  const { sha256, plainSha256 } = block;
  const name = objectNames.block(sha256);
  const { named, damage } = await pool.run({
    kind: 'entries',
    block: { name, stored, headerBytes, key, plainSha256 },
  });
  if (!named) throw damaged(damage ?? `${name} cannot be read`);
  return named;
}

const noKey = { key: undefined, headerBytes: 0 };

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
      if (!isFault(error)) throw error;
    }
  }
  return paths;
}
