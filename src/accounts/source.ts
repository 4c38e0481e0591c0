import type { Employment, Person } from './model.ts';
import type { AccountDoors } from './ports.ts';
import type { SourceSpec } from './schema/sources.ts';

/** Everything that a source of truth said, and was believed. */
export interface SourceRead {
  id: string;
  /** Where it was read, without secrets: path or pattern of the file, URL. With `id` the name that its size is remembered by. */
  address: string;
  complete: boolean;
  /** One a person; `employment` is judged for the day of reading. */
  people: (Person & { employment: Employment })[];
  /** Rows as read. */
  rows: number;
  /** Day of the export, where it is known. */
  asOf?: string;
  /** What tells that day: a column, or the time of modification of the file. */
  asOfBy?: 'column' | 'file';
  /** What people should know of it: people that stand in it twice, one line each with the places. */
  problems: string[];
}

/**
 * Reads a source. One that does not answer, is cut off, too old, too small or shrank too much is an error and never an empty list.
 * @throws OaopsError `source-...` with the place (file:line); exit 4 where the data is not believed, 3 where the source did not answer, 2 where it is written wrongly
 */
export type ReadSource = (spec: SourceSpec, doors: AccountDoors, signal: AbortSignal) => Promise<SourceRead>;
