import { isAbsolute, resolve } from 'node:path';
import { decodeCsv, parseCsv } from '../../core/csv.ts';
import { errnoOf, OaopsError, usageError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { readCapped } from '../../runbook/read-capped.ts';
import type { Found } from './members.ts';
import type { PopulationSpec } from './schema.ts';

type CsvSpec = Extract<PopulationSpec, { from: 'csv' }>;

/** A list of a million people has less. */
const maxCsvMiB = 64;

/**
 * The rows of a list. Relative names are meant from `baseDir`.
 * @throws OaopsError `population-file`, `csv-encoding`, `csv-invalid`, `column-unknown` (exit 2)
 */
export function fromCsv(spec: CsvSpec, baseDir: string): Found {
  const path = isAbsolute(spec.file) ? spec.file : resolve(baseDir, spec.file);
  const bytes = read(path, spec.file);
  const table = parseCsv(spec.file, decodeCsv(spec.file, bytes, spec.encoding), spec.separator);
  const idColumn = requireColumn(spec.id, table.columns, spec.file);
  const fields =
    Object.keys(spec.fields).length === 0
      ? table.columns.map((name, column) => ({ name, column }))
      : Object.entries(spec.fields).map(([name, column]) => ({
          name,
          column: requireColumn(column, table.columns, spec.file),
        }));
  return {
    source: spec.file,
    files: [{ file: path, sha256: sha256Hex(bytes) }],
    candidates: table.rows.map(({ line, cells }) => ({
      id: cells[idColumn]!,
      vars: Object.fromEntries(fields.map(({ name, column }) => [name, cells[column]!])),
      place: `${spec.file}:${line}`,
    })),
  };
}

function requireColumn(column: string, columns: readonly string[], file: string): number {
  const at = columns.indexOf(column);
  if (at !== -1) return at;
  throw usageError('column-unknown', `there is no column "${column}"`, {
    next: `Known columns: ${columns.slice(0, 20).join(', ')}.`,
    position: { file, line: 1, col: 1 },
  });
}

function read(path: string, file: string): Uint8Array {
  const next = 'Check "file" of the population.';
  try {
    const { bytes, sizeBytes } = readCapped(path, maxCsvMiB * 1024 * 1024);
    if (bytes) return bytes;
    throw usageError('population-file', `the list ${file} is larger than ${maxCsvMiB} MiB`, {
      next: 'Keep only the columns and rows that are needed.',
      details: { sizeBytes },
    });
  } catch (error) {
    if (error instanceof OaopsError && error.code === 'population-file') throw error;
    const why = error instanceof OaopsError ? error.message : (errnoOf(error) ?? 'unknown error');
    throw usageError('population-file', `the list ${file} cannot be read (${why})`, { next, cause: error });
  }
}
