import { shownSqlUrl, withAbsoluteFile } from '../../core/sql-url.ts';
import type { AccountDoors } from '../ports.ts';
import type { SourceSpec } from '../schema/sources.ts';
import { type Cell, CellProblem } from './cells.ts';
import { disbelief } from './disbelief.ts';
import { findColumns, passedOver } from './headers.ts';
import { PeopleReader } from './people.ts';
import type { Reading } from './reading.ts';

/** @throws OaopsError `source-columns` (exit 2), those of the door and of `PeopleReader` */
export async function readSql(
  spec: Extract<SourceSpec, { type: 'sql' }>,
  doors: AccountDoors,
  signal: AbortSignal,
): Promise<Reading> {
  const door = await doors.sql();
  const table: { names: string[]; people?: PeopleReader } = { names: [] };
  let count = 0;
  const each = (row: Record<string, unknown>) => {
    if (!table.people) {
      table.names = Object.keys(row);
      table.people = peopleOf(spec, table.names, doors);
    }
    table.people.row(
      table.names.map((name) => cellOf(row[name])),
      ++count,
    );
  };
  await door.rows(
    {
      url: withAbsoluteFile(spec.url, doors.baseDir),
      query: spec.query,
      timeoutMs: spec.timeout,
      each,
      ...(spec.password !== undefined && { password: await doors.secret(spec.password) }),
    },
    signal,
  );
  if (!table.people) {
    throw disbelief('source-empty', `the source "${spec.id}" names nobody`, {
      next: 'An empty roster is believed by no means: look at the query.',
    });
  }
  return { found: table.people.finish(), address: shownSqlUrl(spec.url), problems: [] };
}

function peopleOf(
  spec: Extract<SourceSpec, { type: 'sql' }>,
  names: readonly string[],
  doors: AccountDoors,
): PeopleReader {
  const columns = findColumns(spec, { names });
  return new PeopleReader(
    spec,
    { columns, remarks: passedOver(spec, columns, names), place: (row) => ({ where: `row number ${row}` }) },
    { nowMs: doors.nowMs(), timeZone: doors.timeZone },
  );
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return new CellProblem('it is neither text nor a number');
}
