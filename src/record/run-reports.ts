import type { RunStatus } from '../core/events.ts';
import { canonicalText } from './audit/chain.ts';
import type { Database } from './db/database.ts';
import { journalRow, runRow } from './rows.ts';
import type { CountedRun, JournalRow, RunReports, RunRow } from './types.ts';

/** Questions about many runs at once, for what is due and for reports: as few columns and statements as will do. */
export class SqlRunReports implements RunReports {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async counted({ since, until, procedures }: Parameters<RunReports['counted']>[0] = {}): Promise<CountedRun[]> {
    if (procedures?.length === 0) return [];
    const rows = await this.#database.read((db) => {
      let query = db
        .selectFrom('runs')
        .select(['id', 'runbook', 'procedures', 'status', 'requester', 'created_at', 'ended_at'])
        .where('procedures', '<>', '[]')
        .orderBy('created_at')
        .orderBy('id');
      if (since !== undefined) query = query.where('created_at', '>=', since);
      if (until !== undefined) query = query.where('created_at', '<', until);
      if (procedures !== undefined) query = query.where('procedures', 'in', procedures.map(canonicalText));
      return query.execute();
    });
    // Thousands of runs name the same few procedures.
    const read = new Map<string, readonly string[]>();
    return rows.map(({ id, runbook, procedures, status, requester, created_at, ended_at }) => {
      let ids = read.get(procedures);
      if (!ids) {
        ids = JSON.parse(procedures) as string[];
        read.set(procedures, ids);
      }
      return {
        id,
        runbook,
        procedures: ids,
        status: status as RunStatus,
        requester,
        createdAt: created_at,
        endedAt: ended_at,
      };
    });
  }

  async lastOfEach({ status, until }: { status?: readonly RunStatus[]; until?: string } = {}): Promise<RunRow[]> {
    const rows = await this.#database.read((db) =>
      db
        .selectFrom('runs')
        .innerJoin(
          (from) => {
            let query = from
              .selectFrom('runs')
              .select(['runbook as name', 'procedures as ids', (each) => each.fn.max('created_at').as('last')])
              .groupBy(['runbook', 'procedures']);
            if (status !== undefined) query = query.where('status', 'in', [...status]);
            if (until !== undefined) query = query.where('created_at', '<', until);
            return query.as('lasts');
          },
          (join) =>
            join
              .onRef('lasts.name', '=', 'runs.runbook')
              .onRef('lasts.ids', '=', 'runs.procedures')
              .onRef('lasts.last', '=', 'runs.created_at'),
        )
        .selectAll('runs')
        .orderBy('runs.created_at')
        .orderBy('runs.id')
        .execute(),
    );
    const wanted = rows.filter((row) => status === undefined || status.includes(row.status as RunStatus));
    // Of two in the same millisecond the later id.
    return [...new Map(wanted.map((row) => [`${row.runbook} ${row.procedures}`, runRow(row)])).values()];
  }

  async waitingUnits(runs: readonly string[]): Promise<JournalRow[]> {
    if (runs.length === 0) return [];
    const rows = await this.#database.read((db) =>
      db
        .selectFrom('journal')
        // Whoever was asked again, or has answered since, has a later row.
        .innerJoin(
          (from) =>
            from
              .selectFrom('journal')
              .select((each) => each.fn.max('seq').as('last'))
              .where('run_id', 'in', [...runs])
              .groupBy(['run_id', 'step', 'unit'])
              .as('lasts'),
          (join) => join.onRef('lasts.last', '=', 'journal.seq'),
        )
        .selectAll('journal')
        .where('status', '=', 'waiting')
        .orderBy('seq')
        .execute(),
    );
    return rows.map(journalRow);
  }

  async firstRunAt(): Promise<string | undefined> {
    const row = await this.#database.read((db) =>
      db.selectFrom('runs').select('created_at').orderBy('created_at').limit(1).executeTakeFirst(),
    );
    return row?.created_at;
  }
}
