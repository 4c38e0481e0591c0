import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { comparable, comparableName } from '../matching/comparable.ts';
import type { KnownPerson } from '../matching/people.ts';
import type { AccountDoors } from '../ports.ts';
import { type SourceSpec, sourceSchema } from '../schema/sources.ts';
import { readCsv } from '../sources/csv.ts';
import type { Reading } from '../sources/reading.ts';
import type { OpeningRequest } from './open.ts';
import { type Staff, tellPerson } from './staff.ts';

type Row = Reading['found']['people'][number];

/** Everybody who stands in a request, one row a person; the columns are those of a roster. @throws OaopsError as sources do */
export async function readRequest(file: string, doors: AccountDoors): Promise<Row[]> {
  const type = /\.xlsx$/i.test(file) ? 'xlsx' : 'csv';
  const spec: SourceSpec = sourceSchema.parse({ id: 'request', type, file, complete: false, maxDuplicates: '0%' });
  const { found } =
    spec.type === 'xlsx'
      ? await (await import('../sources/xlsx/read.ts')).readXlsx(spec, doors)
      : await readCsv(spec as Extract<SourceSpec, { type: 'csv' }>, doors);
  return found.people;
}

/**
 * Requests of the rows: the login, and the last day of a temporary account. Whatever else a row says must be what the roster says.
 * @throws OaopsError `request-differs` (exit 4), with every row that does
 */
export function requestsOf(rows: readonly Row[], staff: Staff): OpeningRequest[] {
  const problems = rows.flatMap((row) => differences(row, staff.numbered(row.id)));
  if (problems.length > 0)
    throw new OaopsError('request-differs', problems.join('; '), {
      exitCode: ExitCode.refused,
      next: 'Correct the request or the roster: accounts and rights go by the roster. Nothing was planned.',
      details: { problems },
    });
  return rows.map(({ id, login, endsOn, where }) => ({
    person: id,
    where,
    ...(login === undefined ? {} : { login }),
    ...(endsOn === undefined ? {} : { until: endsOn }),
  }));
}

/** Somebody whom no source knows is told by planning. */
function differences(row: Row, person: KnownPerson | undefined): string[] {
  if (!person) return [];
  return (['name', 'mail', 'department', 'post', 'manager'] as const).flatMap((field) => {
    const [asked, known] = [row[field], person[field]];
    if (asked === undefined || asked === '') return [];
    const text = field === 'name' ? comparableName : comparable;
    if (text(asked, true) === text(known, true)) return [];
    return `${row.where}: the ${field} of ${tellPerson(person)} is "${asked}" here and "${known ?? ''}" in ${person.where}`;
  });
}
