import { formatSize } from '../../core/units.ts';
import type { Limits } from '../judging/limits.ts';
import type { Judged } from '../types.ts';
import { numberOf } from './ask.ts';
import {
  cacheFigure,
  connectionsFigure,
  type Figure,
  need,
  needRights,
  oneFigure,
  type Replica,
  type Row,
  replicasFigure,
  sizeFigure,
} from './figure.ts';

/** What a check of PostgreSQL can be told beside its limits. */
export interface PostgresWith extends Limits {
  role?: 'primary' | 'replica' | undefined;
  replicas: number;
}

const grant = 'Grant it: GRANT pg_monitor TO the user of the check.';
const rights = `pg_has_role(current_user, 'pg_read_all_stats', 'usage') as rights`;
/** Sessions of clients beside the own one; without the rights every one of them looks as if it did nothing. */
const others = `from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`;
/** More than this and no time: nobody knows how far a replica is behind. */
const unknownBytes = 16 * 1024 ** 2;

/** Sessions, the longest first; what is asked in them is left out, for it may hold what is nobody's business. */
function sessions(since: string, which: string): string {
  return `select ${rights}, s.* from (values (1)) one left join lateral (
    select pid, usename, datname, state, wait_event_type, extract(epoch from clock_timestamp() - ${since})::float8 as seconds,
      array_to_string(pg_blocking_pids(pid), ', ') as blockers
    ${others} and ${since} is not null and ${which} order by ${since} limit 20) s on true`;
}

/** The longest of some sessions, which may be none. */
function longest(
  rows: Row[],
  name: string,
  limits: Limits,
  say: (count: number, seconds: number) => string,
  next: string,
): Judged {
  needRights(rows[0], grant);
  const found = rows.filter(({ pid }) => pid !== null);
  const seconds = found.length === 0 ? 0 : Math.round(Math.max(...found.map((row) => need(row, 'seconds'))) * 10) / 10;
  const details = found.map(({ pid, usename, datname, state, blockers, seconds: one }) => {
    const text = `pid ${pid}, user ${usename}, database ${datname}, ${state}, ${Math.round(Number(one))} s`;
    return blockers ? `${text}, held up by pid ${blockers}` : text;
  });
  return oneFigure({ name, value: seconds, unit: 's' }, limits, say(found.length, seconds), { details, next });
}

const end = 'Look at these sessions in pg_stat_activity; pg_terminate_backend(PID) ends one.';

export const postgresFigures = {
  connections: {
    preset: { warn: 80, fail: 95 },
    async look(ask, args) {
      const [row] = await ask(`select ${rights}, count(*)::int as used,
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most
        from pg_stat_activity where backend_type = 'client backend'`);
      needRights(row, grant);
      return connectionsFigure(need(row, 'used'), need(row, 'most'), args);
    },
  },
  transactions: {
    preset: { warn: 300, fail: 3600 },
    look: async (ask, args) =>
      longest(
        await ask(sessions('xact_start', 'true')),
        'transaction',
        args,
        (count, seconds) => `${count} transactions are open, the oldest for ${seconds} s`,
        end,
      ),
  },
  queries: {
    preset: { warn: 60, fail: 600 },
    look: async (ask, args) =>
      longest(
        await ask(sessions('query_start', `state = 'active'`)),
        'query',
        args,
        (count, seconds) => `${count} queries run, the oldest for ${seconds} s`,
        end,
      ),
  },
  locks: {
    preset: { warn: 30, fail: 300 },
    look: async (ask, args) =>
      longest(
        await ask(sessions('query_start', `wait_event_type = 'Lock'`)),
        'lock',
        args,
        (count, seconds) => `${count} sessions wait for a lock, the longest for ${seconds} s`,
        end,
      ),
  },
  size: {
    preset: {},
    async look(ask, args) {
      const [row] = await ask(
        'select current_database() as name, pg_database_size(current_database())::float8 as bytes',
      );
      return sizeFigure(String(row?.['name']), need(row, 'bytes'), args);
    },
  },
  cache: {
    preset: { warn: '90:' },
    async look(ask, args) {
      const [row] = await ask(
        'select blks_hit::float8 as hits, blks_read::float8 as reads from pg_stat_database where datname = current_database()',
      );
      return cacheFigure(need(row, 'hits'), need(row, 'reads'), args);
    },
  },
  wraparound: {
    preset: { warn: 40, fail: 80 },
    async look(ask, args) {
      const [row] = await ask(
        'select datname as name, age(datfrozenxid)::float8 as age from pg_database order by age(datfrozenxid) desc limit 1',
      );
      const percent = Math.round((need(row, 'age') / 2 ** 31) * 1000) / 10;
      return oneFigure(
        { name: 'wraparound', value: percent, unit: '%', max: 100 },
        args,
        `${row?.['name']} has used ${percent} % of the transaction ids until it must be frozen`,
        { next: 'Look why autovacuum does not keep up: old transactions, replication slots, prepared transactions.' },
      );
    },
  },
  slots: {
    preset: { warn: 1024 ** 3, fail: 10 * 1024 ** 3 },
    async look(ask, args) {
      const rows = await ask(`select slot_name as name, active,
        pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, restart_lsn)::float8 as bytes
        from pg_replication_slots where restart_lsn is not null order by 3 desc limit 20`);
      const [first] = rows;
      if (!first) return { state: 'not-applicable', message: 'the server has no replication slots' };
      const bytes = Math.max(0, need(first, 'bytes'));
      return oneFigure(
        { name: 'slot', value: bytes, unit: 'B' },
        args,
        `the slot ${first['name']} holds back ${formatSize(bytes)} of WAL`,
        {
          details: rows.map(({ name, active, bytes: one }) => `${name}: ${formatSize(Number(one))}, active: ${active}`),
          next: 'A slot that nobody reads fills the disk: drop it with pg_drop_replication_slot(NAME).',
        },
      );
    },
  },
  replication: {
    preset: { warn: 60, fail: 600 },
    async look(ask, args) {
      const [row] = await ask(`select ${rights}, pg_is_in_recovery() as replica`);
      needRights(row, grant);
      const role = row?.['replica'] === true ? 'replica' : 'primary';
      if (args.role !== undefined && args.role !== role)
        return { state: 'fail', message: `the server is a ${role}, and should be a ${args.role}` };
      const found = role === 'replica' ? [await self(ask)] : await followers(ask);
      return replicasFigure(found, role === 'replica' ? 1 : args.replicas, args);
    },
  },
} satisfies Record<string, Figure<PostgresWith>>;

/** The server itself as a replica. What it has replayed all of is not behind, however long ago the last change was. */
async function self(ask: (query: string) => Promise<Row[]>): Promise<Replica> {
  const [row] = await ask(`select (select status from pg_stat_wal_receiver) as status,
    pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() as whole,
    extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 as seconds`);
  const status = row?.['status'];
  const seconds = row?.['whole'] === true ? 0 : numberOf(row?.['seconds']);
  return {
    name: 'the replica',
    seconds: seconds === undefined ? undefined : Math.round(seconds * 10) / 10,
    problem: status === 'streaming' ? undefined : 'it receives nothing from its primary',
  };
}

async function followers(ask: (query: string) => Promise<Row[]>): Promise<Replica[]> {
  // A base backup and pg_receivewal are clients of replication too.
  const rows = await ask(`select application_name as name, host(client_addr) as address, state,
    extract(epoch from replay_lag)::float8 as seconds,
    pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 as bytes
    from pg_stat_replication where state <> 'backup' and (replay_lsn is not null or state <> 'streaming')`);
  return rows.map((row) => {
    const bytes = numberOf(row['bytes']);
    const seconds = numberOf(row['seconds']) ?? (bytes !== undefined && bytes < unknownBytes ? 0 : undefined);
    return {
      name: `${row['name']} ${row['address'] ?? ''}`.trim(),
      seconds: seconds === undefined ? undefined : Math.round(seconds * 10) / 10,
      problem: row['state'] === 'streaming' ? undefined : `its state is ${row['state']}`,
    };
  });
}
