import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beginningOf } from './find-line.ts';
import type { Loader } from './types.ts';

/** Opens a copy of a database file, or makes one of a dump in SQL. Its integrity is checked first. */
export const loadSqlite: Loader<'sqlite'> = async (_spec, dump, place) => {
  const { default: Database } = await import('better-sqlite3');
  const folder = mkdtempSync(join(place.folder, 'sqlite-'));
  const drop = async () => rmSync(folder, { recursive: true, force: true });
  const name = join(folder, 'database');
  try {
    const isDatabase = beginningOf(dump, 15) === 'SQLite format 3';
    if (isDatabase)
      for (const suffix of ['', '-wal']) if (existsSync(dump + suffix)) copyFileSync(dump + suffix, name + suffix);
    const database = new Database(name);
    try {
      if (!isDatabase) database.exec(readFileSync(dump, 'utf8'));
      const integrity: unknown = database.pragma('integrity_check', { simple: true });
      if (integrity !== 'ok') throw new Error(`integrity check: ${String(integrity)}`);
    } finally {
      database.close();
    }
  } catch (error) {
    await drop();
    throw error;
  }
  return {
    name,
    async first(query) {
      const database = new Database(name, { readonly: true });
      try {
        const value: unknown = database.prepare(query).pluck().get();
        return value === undefined ? undefined : String(value);
      } finally {
        database.close();
      }
    },
    drop,
  };
};
