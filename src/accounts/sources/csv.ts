import { basename } from 'node:path';
import { csvRecords, decodeCsv, requireWidth } from '../../core/csv.ts';
import type { AccountDoors } from '../ports.ts';
import type { SourceSpec } from '../schema/sources.ts';
import { disbelief, disbelieved } from './disbelief.ts';
import { readSourceFile } from './files.ts';
import { findColumns, namedColumn, passedOver } from './headers.ts';
import { PeopleReader } from './people.ts';
import type { Reading } from './reading.ts';

/** A million people have less. */
const maxBytes = 128 * 1024 * 1024;

type CsvSpec = Extract<SourceSpec, { type: 'csv' }>;

/** @throws OaopsError `source-cut-off`, `csv-invalid`, `csv-encoding` (exit 4), `source-columns` (exit 2) and those of `PeopleReader` */
export async function readCsv(spec: CsvSpec, doors: AccountDoors): Promise<Reading> {
  const { text, shown, ...reading } = await textOf(spec, doors);
  if (!text.endsWith('\n') && spec.trailer === undefined) {
    reading.problems.push(`the last line of ${shown} has no line end: a "trailer" would tell whether it is cut off`);
  }
  return { ...reading, found: readRows(spec, shown, text, doors) };
}

/** Of its own, so that the bytes are let go before the rows are read. */
async function textOf(spec: CsvSpec, doors: AccountDoors) {
  const { bytes, ...file } = await readSourceFile(spec.file, doors, maxBytes);
  return { ...file, text: disbelieved(() => decodeCsv(file.shown, bytes, spec.encoding)) };
}

function readRows(spec: CsvSpec, file: string, text: string, doors: AccountDoors) {
  const records = csvRecords(file, text, spec.separator)[Symbol.iterator]();
  const next = () => disbelieved(() => records.next());
  const first = next();
  if (first.done) {
    throw disbelief('source-empty', `the file ${file} of the source "${spec.id}" is empty`, {
      next: 'An empty roster is believed by no means: look at the export.',
    });
  }
  const names = first.value.cells;
  const header = { names, position: { file, line: first.value.line, col: 1 } };
  const columns = findColumns(spec, header);
  // Said of every person: the folder would be said of each, too.
  const name = basename(file);
  const people = new PeopleReader(
    spec,
    {
      columns,
      remarks: passedOver(spec, columns, names),
      ...(spec.asOf !== undefined && { asOfColumn: namedColumn(spec.asOf, 'asOf', spec, header) }),
      place: (line) => ({ where: `${name}:${line}`, position: { file, line: Number(line), col: 1 } }),
    },
    { nowMs: doors.nowMs(), timeZone: doors.timeZone },
  );
  let ended = false;
  for (let each = next(); !each.done; each = next()) {
    const { line, cells } = each.value;
    const position = { file, line, col: 1 };
    if (ended) {
      throw disbelief('source-cut-off', `there are rows after the last line "${spec.trailer}"`, {
        next: 'Look at the export: files may have been joined.',
        position,
      });
    }
    if (spec.trailer !== undefined && cells[0]?.trim() === spec.trailer) {
      ended = true;
      continue;
    }
    // Exports end with lines of separators alone.
    if (cells.every((cell) => cell.trim() === '')) continue;
    disbelieved(() => requireWidth(file, each.value, names.length, spec.separator));
    people.row(cells, line);
  }
  if (spec.trailer !== undefined && !ended) {
    throw disbelief('source-cut-off', `the file ${file} is cut off: its last line is not "${spec.trailer}"`, {
      next: 'Bring the whole export.',
    });
  }
  return people.finish();
}
