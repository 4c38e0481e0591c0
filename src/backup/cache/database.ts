import { rmSync, writeFileSync } from 'node:fs';
import type Database from 'better-sqlite3';

/** 2: every row has a checksum. */
const schemaVersion = 2;

const schema = `
  CREATE TABLE packs (id INTEGER PRIMARY KEY, sha TEXT NOT NULL UNIQUE, line TEXT NOT NULL, checksum INTEGER NOT NULL);
  CREATE TABLE contents (
    sha BLOB PRIMARY KEY, pack INTEGER NOT NULL, member INTEGER NOT NULL, length INTEGER NOT NULL, checksum INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE blocks (plain TEXT PRIMARY KEY, info TEXT NOT NULL, checksum INTEGER NOT NULL);
  CREATE TABLE parents (
    sources TEXT PRIMARY KEY, snapshot TEXT NOT NULL, started TEXT NOT NULL, root TEXT NOT NULL, checksum INTEGER NOT NULL
  );
`;

/** With what SQLite keeps beside it. */
export function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}

/** Opens or makes the database of a cache, 0600. @throws when it cannot be read, or was made by another version */
export function openDatabase(Sqlite: typeof Database, file: string): Database.Database {
  writeFileSync(file, '', { flag: 'a', mode: 0o600 });
  const db = new Sqlite(file, { timeout: 10_000 });
  try {
    db.pragma('journal_mode = WAL');
    // A power cut may lose the last commits, never make the rest inconsistent: a cache needs no more.
    db.pragma('synchronous = NORMAL');
    db.pragma('cache_size = -8000');
    const version = db.pragma('user_version', { simple: true });
    if (version === 0) {
      db.transaction(() => {
        db.exec(schema);
        db.pragma(`user_version = ${schemaVersion}`);
      })();
    } else if (version !== schemaVersion) throw new Error(`it has version ${String(version)}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
