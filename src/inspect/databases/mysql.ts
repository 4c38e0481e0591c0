import { OaopsError } from '../../core/errors.ts';
import type { Limits } from '../judging/limits.ts';
import type { Judged } from '../types.ts';
import { numberOf } from './ask.ts';
import {
  type Ask,
  cacheFigure,
  connectionsFigure,
  type Figure,
  need,
  oneFigure,
  type Replica,
  type Row,
  replicasFigure,
  sizeFigure,
} from './figure.ts';

/** What a check of MySQL or MariaDB can be told beside its limits. */
export interface MysqlWith extends Limits {
  role?: 'primary' | 'replica' | undefined;
  replicas: number;
}

const grantProcess = 'Grant it: GRANT PROCESS ON *.* TO the user of the check.';
const grantReplication =
  'Grant it: REPLICATION CLIENT, on MariaDB 10.5 and newer REPLICA MONITOR, ON *.* TO the user of the check.';
const end = 'Look at these sessions with SHOW FULL PROCESSLIST; KILL ID ends one.';

/** Without PROCESS, innodb_trx is refused; the list of processes would only be short. */
async function needProcess(ask: Ask): Promise<void> {
  await refusedSays(grantProcess, () => ask('select count(*) as n from information_schema.innodb_trx'));
}

async function refusedSays<T>(next: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof OaopsError ? String(error.details['code']) : '';
    if (!/^(ER_SPECIFIC_ACCESS_DENIED_ERROR|ER_ACCESS_DENIED_ERROR)$/.test(code)) throw error;
    throw new OaopsError('rights-missing', 'the user of the check does not see what others do', { next, cause: error });
  }
}

/** A status or a variable by its name. */
async function statusOf(ask: Ask, names: readonly string[], kind: 'status' | 'variables' = 'status'): Promise<Row> {
  const list = names.map((name) => `'${name}'`).join(', ');
  const rows = await ask(`show global ${kind} where variable_name in (${list})`);
  return Object.fromEntries(rows.map((row) => [String(row['Variable_name']).toLowerCase(), row['Value']]));
}

function longest(rows: Row[], name: string, limits: Limits, say: (count: number, seconds: number) => string): Judged {
  const seconds = rows.length === 0 ? 0 : Math.max(0, ...rows.map((row) => need(row, 'seconds')));
  const details = rows.map(
    ({ id, user, db, command, seconds: one }) => `id ${id}, user ${user}, database ${db}, ${command}, ${one} s`,
  );
  return oneFigure({ name, value: seconds, unit: 's' }, limits, say(rows.length, seconds), { details, next: end });
}

/** Transactions with their sessions; what is asked in them is left out. */
function transactions(which: string): string {
  return `select p.id as id, p.user as user, p.db as db, p.command as command, timestampdiff(second, ${which}, now()) as seconds
    from information_schema.innodb_trx t left join information_schema.processlist p on p.id = t.trx_mysql_thread_id
    where ${which} is not null and t.trx_mysql_thread_id <> connection_id() order by ${which} limit 20`;
}

export const mysqlFigures = {
  connections: {
    preset: { warn: 80, fail: 95 },
    async look(ask, args) {
      const used = await statusOf(ask, ['Threads_connected']);
      const most = await statusOf(ask, ['max_connections'], 'variables');
      return connectionsFigure(need(used, 'threads_connected'), need(most, 'max_connections'), args);
    },
  },
  transactions: {
    preset: { warn: 300, fail: 3600 },
    look: async (ask, args) =>
      longest(
        await refusedSays(grantProcess, () => ask(transactions('t.trx_started'))),
        'transaction',
        args,
        (count, seconds) => `${count} transactions are open, the oldest for ${seconds} s`,
      ),
  },
  queries: {
    preset: { warn: 60, fail: 600 },
    async look(ask, args) {
      await needProcess(ask);
      const rows = await ask(`select id, user, db, command, time as seconds from information_schema.processlist
        where command in ('Query', 'Execute') and id <> connection_id() order by time desc limit 20`);
      return longest(rows, 'query', args, (count, seconds) => `${count} queries run, the oldest for ${seconds} s`);
    },
  },
  locks: {
    preset: { warn: 30, fail: 300 },
    look: async (ask, args) =>
      longest(
        await refusedSays(grantProcess, () => ask(transactions('t.trx_wait_started'))),
        'lock',
        args,
        (count, seconds) => `${count} sessions wait for a lock, the longest for ${seconds} s`,
      ),
  },
  size: {
    preset: {},
    async look(ask, args) {
      // Tables that the user may not see are not counted: SELECT on the database is needed.
      const [row] = await ask(`select database() as name, sum(data_length + index_length) as bytes, count(*) as tables
        from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE'`);
      if (need(row, 'tables') === 0)
        throw new OaopsError('rights-missing', `the user of the check sees no table of ${row?.['name']}`, {
          next: 'Grant it: SELECT on the database.',
        });
      return sizeFigure(String(row?.['name']), need(row, 'bytes'), args);
    },
  },
  cache: {
    preset: { warn: '95:' },
    async look(ask, args) {
      const names = ['Innodb_buffer_pool_read_requests', 'Innodb_buffer_pool_reads'];
      const row = await statusOf(ask, names);
      const [all, reads] = names.map((name) => need(row, name.toLowerCase())) as [number, number];
      return cacheFigure(Math.max(0, all - reads), reads, args);
    },
  },
  replication: {
    preset: { warn: 60, fail: 600 },
    async look(ask, args) {
      const rows = await replicaStatus(ask);
      const role = rows.length > 0 ? 'replica' : 'primary';
      if (args.role !== undefined && args.role !== role)
        return { state: 'fail', message: `the server is a ${role}, and should be a ${args.role}` };
      if (role === 'replica') return replicasFigure(rows.map(replicaOf), 1, args);
      await needProcess(ask);
      const [row] = await ask(
        `select count(*) as n from information_schema.processlist where command in ('Binlog Dump', 'Binlog Dump GTID')`,
      );
      return primaryFigure(need(row, 'n'), args);
    },
  },
} satisfies Record<string, Figure<MysqlWith>>;

/** A primary knows who reads its log, and not how far they are. */
function primaryFigure(count: number, { replicas }: MysqlWith): Judged {
  const measures = [{ name: 'replicas', value: count, unit: '' as const, min: 0, fail: `${replicas}:` }];
  return count < replicas
    ? {
        state: 'fail',
        message: `${count} replicas follow, and there should be ${replicas}`,
        measures,
        next: 'Look at the log of the replica and at its connection.',
      }
    : { state: 'pass', message: `${count} replicas follow`, measures };
}

/** Words of MySQL 8.0.22 and MariaDB 10.5, then of what is older; MariaDB tells all channels only when asked for all. */
async function replicaStatus(ask: Ask): Promise<Row[]> {
  let refused: unknown;
  for (const query of ['show all replicas status', 'show replica status', 'show slave status']) {
    try {
      return await refusedSays(grantReplication, () => ask(query));
    } catch (error) {
      const { code, details } = error as OaopsError;
      if (code !== 'query-failed' || details['code'] !== 'ER_PARSE_ERROR') throw error;
      refused = error;
    }
  }
  throw refused;
}

function replicaOf(row: Row): Replica {
  const of = (...names: string[]) => names.map((name) => row[name]).find((value) => value !== undefined);
  const io = of('Replica_IO_Running', 'Slave_IO_Running');
  const sql = of('Replica_SQL_Running', 'Slave_SQL_Running');
  const name = String(of('Connection_name', 'Channel_Name') || of('Source_Host', 'Master_Host') || 'the replica');
  const said = [of('Last_IO_Error'), of('Last_SQL_Error')].map((text) => String(text ?? '').trim()).filter(Boolean);
  const stopped = io === 'Yes' && sql === 'Yes' ? undefined : `it does not follow (IO ${io}, SQL ${sql})`;
  return {
    name,
    // Null while it is not connected.
    seconds: numberOf(of('Seconds_Behind_Source', 'Seconds_Behind_Master')),
    problem: stopped === undefined ? undefined : [stopped, ...said].join(': ').slice(0, 300),
  };
}
