import { digestOf, sha256Hex } from '../core/json.ts';
import { canonicalText } from './audit/chain.ts';
import { cleanText, type Database } from './db/database.ts';
import type { FactStore } from './types.ts';

/** Append-only rows by topic and key; the audit chain holds the digest of each. */
export class SqlFactStore implements FactStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(topic: string, key: string, at: string, body: unknown): Promise<void> {
    await this.#add({ topic, key, at, body }, false);
  }

  async addOnce(topic: string, key: string, at: string, body: unknown): Promise<boolean> {
    return this.#add({ topic, key, at, body }, true);
  }

  /** Writing transactions come one after the other, so that looking and adding is one thing. */
  async #add(fact: { topic: string; key: string; at: string; body: unknown }, once: boolean): Promise<boolean> {
    return this.#database.write(async (tx) => {
      const [topic, key] = [cleanText(fact.topic), cleanText(fact.key)];
      if (once) {
        const query = tx.db.selectFrom('facts').select('seq').where('topic', '=', topic).where('key', '=', key);
        if (await query.limit(1).executeTakeFirst()) return false;
      }
      const stored = {
        seq: tx.next('fact_seq'),
        topic,
        key,
        at: cleanText(fact.at),
        body: canonicalText(fact.body),
      };
      await tx.db.insertInto('facts').values(stored).execute();
      await tx.audit({
        action: 'fact.added',
        subject: stored.topic,
        details: {
          seq: stored.seq,
          key: stored.key,
          bodySha256: sha256Hex(stored.body),
          rowSha256: digestOf(stored),
        },
      });
      return true;
    });
  }

  async list(
    topic: string,
    options: { key?: string; since?: string; limit?: number; newestFirst?: boolean } = {},
  ): Promise<{ key: string; at: string; body: unknown }[]> {
    const rows = await this.#database.read((db) => {
      let query = db
        .selectFrom('facts')
        .select(['key', 'at', 'body'])
        .where('topic', '=', cleanText(topic))
        .orderBy('seq', options.newestFirst ? 'desc' : 'asc');
      if (options.key !== undefined) query = query.where('key', '=', cleanText(options.key));
      if (options.since !== undefined) query = query.where('at', '>=', options.since);
      if (options.limit !== undefined) query = query.limit(options.limit);
      return query.execute();
    });
    return rows.map(({ key, at, body }) => ({ key, at, body: JSON.parse(body) }));
  }
}
