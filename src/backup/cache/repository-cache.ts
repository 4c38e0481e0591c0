import { readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import type Database from 'better-sqlite3';
import { sha256Hex } from '../../core/json.ts';
import { makeOwnDir } from '../../core/private-dir.ts';
import { type EntryBlockRef, parseManifestRoot } from '../format/manifest-root.ts';
import { objectNames } from '../format/object-names.ts';
import { formatPackLine, type PackInfo, parsePackLine } from '../format/pack-table.ts';
import type { ContentIndex } from './content-index.ts';
import { CacheDamaged, tellsOfDamage } from './damaged-cache.ts';
import { openDatabase, removeDatabase } from './database.ts';
import { HashFilter } from './hash-filter.ts';
import { checkRow, rowChecksum } from './row-checksum.ts';

/** More than most blocks: they are decompressed in one piece, which needs not be copied. */
const blockChunkBytes = 4 * 1024 * 1024;
/** Smaller buffers are parts of larger ones that Node.js shares out. */
const releasedBytes = 64 * 1024;

/** What the cache knows of a block: its reference, and the packs that its lines name. */
export interface KnownBlock extends EntryBlockRef {
  packs: string[];
}

/** The snapshot that the next backup of the same sources compares with. */
export interface KnownParent {
  snapshot: string;
  /** ISO UTC: when its scan began. */
  started: string;
  /** Plain text of its manifest root. */
  root: string;
}

/**
 * Local memory of one repository: contents by hash, and plain copies of the blocks of the last manifests. SQLite and small
 * files, all 0600. It may be deleted at any time; the next backup is then rebuilt from the manifest, or stores everything again.
 * Every method throws `CacheDamaged` when it meets damage.
 */
export class RepositoryCache implements ContentIndex {
  readonly #db: Database.Database;
  readonly #dir: string;
  readonly #blocksDir: string;
  #filter: HashFilter | undefined;
  #asked = 0;
  #worthAsking: number | undefined;
  readonly #find: Database.Statement<[Buffer], { sha: string; member: number; length: number; checksum: number }>;

  /** Opens or makes the cache in `dir`; one that cannot be read is thrown away and `onReset` told. */
  static async open(dir: string, onReset: (why: string) => void = () => undefined): Promise<RepositoryCache> {
    const { default: Sqlite } = await import('better-sqlite3');
    makeOwnDir(join(dir, 'blocks'), 'cache');
    const file = join(dir, 'cache.sqlite');
    try {
      return new RepositoryCache(openDatabase(Sqlite, file), dir);
    } catch (error) {
      onReset(`the local cache could not be read (${error instanceof Error ? error.message : String(error)})`);
      removeDatabase(file);
      return new RepositoryCache(openDatabase(Sqlite, file), dir);
    }
  }

  private constructor(db: Database.Database, dir: string) {
    this.#db = db;
    this.#dir = dir;
    this.#blocksDir = join(dir, 'blocks');
    this.#find = db.prepare(
      'SELECT p.sha AS sha, c.member AS member, c.length AS length, c.checksum AS checksum FROM contents c JOIN packs p ON p.id = c.pack WHERE c.sha = ?',
    );
  }

  /** False for a new cache, or one that was thrown away. */
  get isUsed(): boolean {
    return this.#sound(() => this.#db.prepare('SELECT 1 FROM parents LIMIT 1').get() !== undefined);
  }

  find(sha256: string): { pack: string; member: number; length: number } | undefined {
    return this.#sound(() => {
      if (this.#isWorthFilter()) this.#filter ??= this.#makeFilter();
      if (this.#filter?.mayHold(sha256) === false) return undefined;
      const row = this.#find.get(Buffer.from(sha256, 'hex'));
      if (!row) return undefined;
      checkRow(row.checksum, sha256, row.sha, row.member, row.length);
      return { pack: row.sha, member: row.member, length: row.length };
    });
  }

  addPack(pack: PackInfo, contents: Iterable<{ sha256: string; member: number; length: number }>): void {
    const add = this.#db.transaction(() => {
      const line = formatPackLine(pack);
      this.#db
        .prepare(
          `INSERT INTO packs (sha, line, checksum) VALUES (?, ?, ?)
           ON CONFLICT (sha) DO UPDATE SET line = excluded.line, checksum = excluded.checksum`,
        )
        .run(pack.sha256, line, rowChecksum(pack.sha256, line));
      const { id } = this.#db.prepare<[string], { id: number }>('SELECT id FROM packs WHERE sha = ?').get(pack.sha256)!;
      // The newest place wins: an older pack may be gone.
      const insert = this.#db.prepare(
        'INSERT OR REPLACE INTO contents (sha, pack, member, length, checksum) VALUES (?, ?, ?, ?, ?)',
      );
      for (const { sha256, member, length } of contents) {
        const checksum = rowChecksum(sha256, pack.sha256, member, length);
        insert.run(Buffer.from(sha256, 'hex'), id, member, length, checksum);
        this.#filter?.add(sha256);
      }
    });
    this.#sound(add);
  }

  /** To make the filter takes as long as to ask the database for about an eighth of what is in it. */
  #isWorthFilter(): boolean {
    if (this.#filter) return true;
    this.#worthAsking ??= Math.max(1000, this.#contentCount() / 8);
    return ++this.#asked > this.#worthAsking;
  }

  #contentCount(): number {
    return this.#db.prepare<[], { count: number }>('SELECT count(*) AS count FROM contents').get()!.count;
  }

  /** Most contents that are asked for are new: the filter answers for them without the database. */
  #makeFilter(): HashFilter {
    const filter = new HashFilter(this.#contentCount());
    for (const { sha } of this.#db.prepare<[], { sha: Buffer }>('SELECT sha FROM contents').iterate())
      filter.add(sha.toString('hex'));
    return filter;
  }

  packInfo(sha256: string): PackInfo | undefined {
    return this.#sound(() => {
      const row = this.#db
        .prepare<[string], PackRow>('SELECT sha, line, checksum FROM packs WHERE sha = ?')
        .get(sha256);
      return row && packOf(row);
    });
  }

  /** Size that every known pack and block must have where it is stored. */
  *storedSizes(): Generator<{ name: string; storedBytes: number }> {
    try {
      yield* this.#storedSizes();
    } catch (error) {
      throw this.#told(error);
    }
  }

  *#storedSizes(): Generator<{ name: string; storedBytes: number }> {
    for (const row of this.#db.prepare<[], PackRow>('SELECT sha, line, checksum FROM packs').iterate()) {
      const { sha256, storedBytes } = packOf(row);
      yield { name: objectNames.pack(sha256), storedBytes };
    }
    for (const row of this.#db.prepare<[], BlockRow>('SELECT plain, info, checksum FROM blocks').iterate()) {
      const { sha256, storedBytes } = blockOf(row);
      yield { name: objectNames.block(sha256), storedBytes };
    }
  }

  block(plainSha256: string): KnownBlock | undefined {
    return this.#sound(() => {
      const row = this.#db
        .prepare<[string], BlockRow>('SELECT plain, info, checksum FROM blocks WHERE plain = ?')
        .get(plainSha256);
      return row && blockOf(row);
    });
  }

  /** Remembers a block; `zstd` is its compressed plain text, kept for entry blocks to compare with next time. */
  addBlock(block: KnownBlock, zstd?: Uint8Array): void {
    if (zstd) {
      const path = join(this.#blocksDir, block.plainSha256);
      writeFileSync(`${path}.tmp`, zstd, { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
    }
    const info = JSON.stringify(block);
    this.#sound(() =>
      this.#db
        .prepare('INSERT OR REPLACE INTO blocks (plain, info, checksum) VALUES (?, ?, ?)')
        .run(block.plainSha256, info, rowChecksum(block.plainSha256, info)),
    );
  }

  /** Plain text of an entry block, checked; undefined when the copy is missing or damaged. */
  blockText(plainSha256: string): string | undefined {
    try {
      const zstd = readFileSync(join(this.#blocksDir, plainSha256));
      const plain = zstdDecompressSync(zstd, { chunkSize: blockChunkBytes });
      const text = sha256Hex(plain) === plainSha256 ? plain.toString('latin1') : undefined;
      // Some MiB for each block: given back at once, a walk of a million files makes no garbage otherwise that would free them.
      if (plain.length >= releasedBytes) (plain.buffer as ArrayBuffer).transfer(0);
      return text;
    } catch {
      return undefined;
    }
  }

  parent(sourcesKey: string): KnownParent | undefined {
    return this.#sound(() => {
      const known = this.#db
        .prepare<[string], ParentRow>(
          'SELECT sources, snapshot, started, root, checksum FROM parents WHERE sources = ?',
        )
        .get(sourcesKey);
      return known && parentOf(known);
    });
  }

  /** The last snapshots of all sources that were backed up here. */
  parents(): KnownParent[] {
    return this.#sound(() =>
      this.#db
        .prepare<[], ParentRow>('SELECT sources, snapshot, started, root, checksum FROM parents')
        .all()
        .map(parentOf),
    );
  }

  /** Copies of blocks that only it had go with the next `setParent`. */
  dropParent(sourcesKey: string): void {
    this.#sound(() => this.#db.prepare('DELETE FROM parents WHERE sources = ?').run(sourcesKey));
  }

  /** Remembers the newest snapshot of these sources, and drops copies of blocks that no remembered snapshot has. */
  setParent(sourcesKey: string, parent: KnownParent): void {
    this.#sound(() => this.#setParent(sourcesKey, parent));
  }

  #setParent(sourcesKey: string, parent: KnownParent): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO parents (sources, snapshot, started, root, checksum) VALUES (?, ?, ?, ?, ?)')
      .run(
        sourcesKey,
        parent.snapshot,
        parent.started,
        parent.root,
        rowChecksum(sourcesKey, parent.snapshot, parent.started, parent.root),
      );
    const roots = this.#db.prepare<[], { root: string }>('SELECT root FROM parents').all();
    const needed = new Set<string>();
    for (const { root } of roots)
      for (const line of root.split('\n')) if (/^(?:block|packs)\t/.test(line)) needed.add(line.split('\t')[4]!);
    for (const name of readdirSync(this.#blocksDir))
      if (!needed.has(name)) {
        this.#db.prepare('DELETE FROM blocks WHERE plain = ?').run(name);
        unlinkSync(join(this.#blocksDir, name));
      }
  }

  close(): void {
    this.#db.close();
  }

  #sound<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw this.#told(error);
    }
  }

  #told(error: unknown): unknown {
    return tellsOfDamage(error)
      ? new CacheDamaged(error, () => removeDatabase(join(this.#dir, 'cache.sqlite')))
      : error;
  }
}

interface PackRow {
  sha: string;
  line: string;
  checksum: number;
}

function packOf({ sha, line, checksum }: PackRow): PackInfo {
  checkRow(checksum, sha, line);
  return parsePackLine(line);
}

interface BlockRow {
  plain: string;
  info: string;
  checksum: number;
}

function blockOf({ plain, info, checksum }: BlockRow): KnownBlock {
  checkRow(checksum, plain, info);
  return JSON.parse(info) as KnownBlock;
}

interface ParentRow extends KnownParent {
  sources: string;
  checksum: number;
}

function parentOf({ sources, snapshot, started, root, checksum }: ParentRow): KnownParent {
  checkRow(checksum, sources, snapshot, started, root);
  // Whoever asked for it reads its root next: read here, so that a damaged one counts as damage of the cache.
  parseManifestRoot(root);
  return { snapshot, started, root };
}
