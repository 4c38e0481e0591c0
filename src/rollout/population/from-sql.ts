import { usageError } from '../../core/errors.ts';
import { shownSqlUrl, withAbsoluteFile } from '../../core/sql-url.ts';
import type { QueryDoor } from '../ports.ts';
import type { Candidate, Found } from './members.ts';
import type { PopulationSpec } from './schema.ts';

/**
 * The rows of a query; each column is a field.
 * @throws OaopsError `column-unknown`, `member-id-invalid` (exit 2) and those of the door
 */
export async function fromSql(
  spec: Extract<PopulationSpec, { from: 'sql' }>,
  place: { door: QueryDoor; password?: string; baseDir: string; signal: AbortSignal },
): Promise<Found> {
  const rows = await place.door.rows(
    {
      url: withAbsoluteFile(spec.url, place.baseDir),
      query: spec.query,
      timeoutMs: spec.timeout,
      ...(place.password !== undefined && { password: place.password }),
    },
    place.signal,
  );
  return {
    source: shownSqlUrl(spec.url),
    candidates: rows.map((vars, index): Candidate => {
      const row = `row number ${index + 1}`;
      if (!Object.hasOwn(vars, spec.id)) {
        throw usageError('column-unknown', `there is no column "${spec.id}"`, {
          next: `Known columns: ${Object.keys(vars).slice(0, 20).join(', ')}.`,
        });
      }
      return { id: idOf(vars[spec.id], row), vars, place: row };
    }),
  };
}

function idOf(value: unknown, row: string): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (value === null || value === undefined) return '';
  throw usageError('member-id-invalid', `the id of ${row} is neither text nor a number`, {
    next: 'Choose another column as "id", or cast it to text in the query.',
  });
}
