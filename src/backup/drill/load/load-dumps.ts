import { realpathSync } from 'node:fs';
import { messageOf } from '../../../core/errors.ts';
import type { LoadSpec } from '../drill-spec.ts';
import { inside } from '../inside.ts';
import type { LoadedDatabase, LoadPlace } from './types.ts';

/** Databases that this drill has loaded, by id. What could not be loaded is told with its reason. */
export class LoadedDumps {
  readonly #loaded = new Map<string, LoadedDatabase>();
  /** What went wrong, one line for each. */
  readonly problems: string[] = [];

  async load(specs: readonly LoadSpec[], root: string, place: LoadPlace): Promise<void> {
    for (const spec of specs) {
      try {
        this.#loaded.set(spec.id, await loadOne(spec, inside(realpathSync(root), spec.dump), place));
      } catch (error) {
        this.problems.push(`${spec.dump} could not be loaded: ${messageOf(error)}`);
      }
    }
  }

  /** @throws Error when the database is not there */
  async first(id: string, query: string): Promise<string | undefined> {
    const database = this.#loaded.get(id);
    if (!database) throw new Error(`the database "${id}" was not loaded`);
    return database.first(query);
  }

  /** Always called; gives what could not be dropped. */
  async drop(): Promise<string[]> {
    const left: string[] = [];
    for (const database of this.#loaded.values()) {
      try {
        await database.drop();
      } catch (error) {
        left.push(`the scratch database ${database.name} could not be dropped: ${messageOf(error)}`);
      }
    }
    this.#loaded.clear();
    return left;
  }
}

async function loadOne(spec: LoadSpec, dump: string, place: LoadPlace): Promise<LoadedDatabase> {
  switch (spec.type) {
    case 'postgres':
      return (await import('./postgres.ts')).loadPostgres(spec, dump, place);
    case 'mysql':
      return (await import('./mysql.ts')).loadMysql(spec, dump, place);
    case 'sqlite':
      return (await import('./sqlite.ts')).loadSqlite(spec, dump, place);
  }
}
