import pg from 'pg';
import type { ServerAddress } from './address.ts';
import { isoTimestamp, RowTaker } from './rows.ts';
import type { Query, QuerySource } from './sql.ts';

const rowsAtOnce = 5000;

/** Types by their number in pg_type.dat; what is not named stays the text that the server writes. */
const conversions: Record<number, (text: string) => unknown> = {
  16: (text) => text === 't',
  17: (text) => Buffer.from(text),
  21: Number,
  23: Number,
  26: Number,
  114: JSON.parse,
  700: Number,
  701: Number,
  1114: (text) => isoTimestamp(text, ''),
  1184: (text) => isoTimestamp(text, 'Z'),
  3802: JSON.parse,
};
/** Lists of texts and whole numbers. */
const lists = [1005, 1007, 1009, 1015];

/** PostgreSQL by `pg`. Nothing but the request says who logs in: neither PGPASSWORD nor ~/.pgpass. */
export function postgresSource(address: ServerAddress, password: string | undefined): QuerySource {
  const client = postgresClient(address, password);
  let isConnected = false;
  const rowsOf = async (cursor: string, { query, parameters, exact, each }: Query, maxRows: number) => {
    // One statement that reads: a cursor takes no other, and this protocol no second one.
    await client.query({
      text: `declare ${cursor} no scroll cursor for\n${query}`,
      values: parameters,
      queryMode: 'extended',
    } as pg.QueryConfig);
    const taker = new RowTaker({ maxRows, each });
    for (let isFirst = true; ; isFirst = false) {
      const part = await client.query<unknown[]>({ text: `fetch ${rowsAtOnce} from ${cursor}`, rowMode: 'array' });
      if (isFirst) taker.setColumns(part.fields.map((field) => (exact ? { name: field.name } : columnOf(field))));
      for (const row of part.rows) taker.take(row);
      if (part.rows.length < rowsAtOnce) return taker.rows;
    }
  };
  return {
    async read({ queries, timeoutMs, maxRows }) {
      if (!isConnected) await client.connect();
      isConnected = true;
      await client.query(
        `begin isolation level repeatable read read only; set local statement_timeout = ${timeoutMs}; set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local client_encoding = 'UTF8'`,
      );
      const results: Record<string, unknown>[][] = [];
      for (const [index, query] of queries.entries()) results.push(await rowsOf(`found_${index}`, query, maxRows));
      await client.query('commit');
      return results;
    },
    // Ends a transaction with the connection; there is nothing to keep.
    close: () => cutOff(client),
  };
}

/** Not connected yet. */
export function postgresClient(address: ServerAddress, password: string | undefined): pg.Client {
  const client = new pg.Client({
    host: address.socket ?? address.host,
    port: address.port,
    user: address.user,
    database: address.database,
    // A function, so that no other password is looked for.
    password: async () => password ?? '',
    ssl: address.tls ?? false,
    application_name: 'oaops',
    keepAlive: true,
    types: { getTypeParser: () => (text: string) => text },
  });
  client.on('error', () => {});
  return client;
}

export function cutOff(client: pg.Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

function columnOf({ name, dataTypeID }: pg.FieldDef) {
  const convert = lists.includes(dataTypeID) ? pg.types.getTypeParser(dataTypeID, 'text') : conversions[dataTypeID];
  return { name, ...(convert && { convert }) };
}
