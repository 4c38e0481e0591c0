import type { AccountDoors } from '../../ports.ts';
import type { SourceSpec } from '../../schema/sources.ts';
import { type Cell, CellProblem, isBlank, textOf } from '../cells.ts';
import { disbelief } from '../disbelief.ts';
import { readSourceFile } from '../files.ts';
import { findColumns, namedColumn, passedOver } from '../headers.ts';
import { PeopleReader } from '../people.ts';
import type { Reading } from '../reading.ts';
import { sheetEvents } from './sheet.ts';
import { readWorkbook, type Workbook } from './workbook.ts';
import { openParts } from './zip.ts';

type XlsxSpec = Extract<SourceSpec, { type: 'xlsx' }>;

/** As packed; a million people have less. */
const maxBytes = 64 * 1024 * 1024;
const sheetMiB = 1024;

/** @throws OaopsError `source-workbook`, `source-merged` (exit 4), `source-columns` (exit 2) and those of `PeopleReader` */
export async function readXlsx(spec: XlsxSpec, doors: AccountDoors): Promise<Reading> {
  const { shown, bytes, modifiedMs, address, problems } = await readSourceFile(spec.file, doors, maxBytes);
  const parts = await openParts(shown, bytes);
  const workbook = await readWorkbook(shown, parts, spec.sheet);
  const rows = new SheetReader(spec, `${shown}!${workbook.sheetName}`, workbook, doors);
  await parts.xml(workbook.sheet, sheetMiB, sheetEvents(workbook, rows));
  const found = rows.finish();
  return { found, address, modifiedMs, problems: [...problems, ...rows.problems] };
}

/** Finds the header, then hands on the rows below it. */
class SheetReader {
  readonly problems: string[] = [];
  readonly #spec: XlsxSpec;
  readonly #file: string;
  readonly #workbook: Workbook;
  readonly #clock: { nowMs: number; timeZone: string };
  /** Of the rows above: where a cell of the header is blank, the one above goes on into it. */
  #above: string[] = [];
  #people: { reader: PeopleReader; width: number; mapped: number[]; id: number } | undefined;
  #hidden = 0;
  /** Lengths of employee numbers that are stored as numbers, and whether others are texts. */
  readonly #lengths = new Set<number>();
  #textIds = false;

  constructor(spec: XlsxSpec, file: string, workbook: Workbook, doors: AccountDoors) {
    this.#spec = spec;
    this.#file = file;
    this.#workbook = workbook;
    this.#clock = { nowMs: doors.nowMs(), timeZone: doors.timeZone };
  }

  row(number: number, cells: Cell[], hidden: boolean): void {
    const { headerRow } = this.#spec;
    if (number < headerRow) {
      for (const [at, cell] of cells.entries()) if (!isBlank(cell)) this.#above[at] = nameOf(cell);
      return;
    }
    if (number === headerRow) {
      this.#header(cells);
      return;
    }
    if (!this.#people) throw this.#noHeader();
    const { reader, width, id } = this.#people;
    if (cells.every(isBlank)) return;
    if (hidden) this.#hidden++;
    const employee = cells[id];
    if (typeof employee === 'number') this.#lengths.add(String(employee).length);
    else if (typeof employee === 'string' && employee !== '') this.#textIds = true;
    if (cells.length > width) cells.length = width;
    reader.row(cells, number);
  }

  merged({
    ref,
    firstColumn,
    lastColumn,
    lastRow,
  }: {
    ref: string;
    firstColumn: number;
    lastColumn: number;
    lastRow: number;
  }): void {
    if (lastRow <= this.#spec.headerRow) return;
    if (!this.#people?.mapped.some((column) => column >= firstColumn && column <= lastColumn)) return;
    throw disbelief('source-merged', `the cells ${ref} are merged: only the first of them has a value`, {
      next: 'Unmerge them and fill each, or name the last row of the header as "headerRow".',
      position: { file: this.#file, line: Math.max(1, Number(/\d+/.exec(ref)?.[0])), col: firstColumn + 1 },
    });
  }

  finish() {
    if (!this.#people) throw this.#noHeader();
    const found = this.#people.reader.finish();
    if (this.#hidden > 0) this.problems.push(`hidden rows of ${this.#file} were read like the others: ${this.#hidden}`);
    if (this.#lengths.size > 1 || (this.#lengths.size > 0 && this.#textIds)) {
      this.problems.push(
        `employee numbers in ${this.#file} are stored as numbers of different lengths: zeros in front of them may be lost`,
      );
    }
    return found;
  }

  #header(cells: readonly Cell[]): void {
    const width = Math.max(cells.length, this.#above.length);
    const names = Array.from({ length: width }, (_, at) => nameOf(cells[at] ?? '') || (this.#above[at] ?? ''));
    const spec = this.#spec;
    const header = { names, position: { file: this.#file, line: spec.headerRow, col: 1 } };
    const columns = findColumns(spec, header);
    const asOfColumn = spec.asOf === undefined ? undefined : namedColumn(spec.asOf, 'asOf', spec, header);
    const reader = new PeopleReader(
      spec,
      {
        columns,
        remarks: passedOver(spec, columns, names),
        serials: this.#workbook.serials,
        ...(asOfColumn !== undefined && { asOfColumn }),
        place: (row) => ({
          where: `${this.#file}:${row}`,
          position: { file: this.#file, line: Number(row), col: 1 },
        }),
      },
      this.#clock,
    );
    const mapped = [...Object.values(columns), ...(asOfColumn === undefined ? [] : [asOfColumn])];
    this.#people = { reader, width, mapped, id: columns.id };
    this.#above = [];
  }

  #noHeader(): Error {
    return disbelief(
      'source-empty',
      `the sheet ${this.#file} of the source "${this.#spec.id}" has no row ${this.#spec.headerRow}`,
      {
        next: 'Look at the export, and at "sheet" and "headerRow".',
      },
    );
  }
}

function nameOf(cell: Cell): string {
  return cell instanceof CellProblem ? '' : textOf(cell);
}
