import { OaopsError, usageError } from '../../core/errors.ts';

/** A column of a result: its name, and what its values become. */
export interface Column {
  name: string;
  convert?: (value: never) => unknown;
  /** Bytes that are something else: a bit of MySQL. */
  ofBytes?: (bytes: Uint8Array) => unknown;
}

/**
 * Takes the rows of one query as they come, and makes them plain data: numbers that JSON can hold, texts, truth values, nulls; dates are ISO texts, large
 * numbers texts. With `each` they are handed on, and none is kept.
 * @throws OaopsError `query-columns`, `query-value`, `query-too-large` (exit 2)
 */
export class RowTaker {
  readonly rows: Record<string, unknown>[] = [];
  readonly #maxRows: number;
  readonly #each: ((row: Record<string, unknown>) => void) | undefined;
  #columns: readonly Column[] = [];
  #count = 0;

  constructor({ maxRows, each }: { maxRows: number; each?: ((row: Record<string, unknown>) => void) | undefined }) {
    this.#maxRows = maxRows;
    this.#each = each;
  }

  /** Before the first row. */
  setColumns(columns: readonly Column[]): void {
    this.#columns = columns;
    for (const [index, { name }] of columns.entries()) {
      if (columns.findIndex((column) => column.name === name) === index) continue;
      throw usageError('query-columns', `the query gives the column "${name}" twice`, {
        next: 'Give one of them another name with AS.',
      });
    }
  }

  take(row: readonly unknown[]): void {
    if (++this.#count > this.#maxRows) throw tooManyRows(this.#maxRows);
    const made: Record<string, unknown> = {};
    for (const [at, column] of this.#columns.entries()) made[column.name] = plain(row[at], column, this.#count);
    if (this.#each) this.#each(made);
    else this.rows.push(made);
  }
}

function tooManyRows(maxRows: number): OaopsError {
  return new OaopsError('query-too-large', `the query gives more than ${maxRows} rows`, {
    exitCode: 2,
    next: 'Look at its joins and conditions.',
  });
}

function plain(raw: unknown, { name, convert, ofBytes }: Column, row: number): unknown {
  if (raw === null || raw === undefined) return null;
  if (ofBytes && raw instanceof Uint8Array) return ofBytes(raw);
  const value = convert && !(raw instanceof Uint8Array) ? convert(raw as never) : raw;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) {
    throw usageError('query-value', `column "${name}" of row ${row} holds bytes`, {
      next: 'Leave the column out, or cast it to text in the query.',
    });
  }
  return value;
}

/** `2026-01-02 03:04:05.5` as ISO 8601; `zone` is put behind. Anything else (infinity, 0000-00-00) stays as it is. */
export function isoTimestamp(text: string, zone: '' | 'Z'): string {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d+)?)(?:\+00(?::?00)?)?$/.exec(text) ?? [];
  return day === undefined || day === '0000-00-00' ? text : `${day}T${time}${zone}`;
}
