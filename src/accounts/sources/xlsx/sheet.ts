import type { XmlEvents } from '../../../core/xml.ts';
import { type Cell, CellProblem } from '../cells.ts';
import { local, unescaped, type Workbook } from './workbook.ts';

/** A rectangle of cells that were made one. */
export interface Merged {
  ref: string;
  firstColumn: number;
  lastColumn: number;
  lastRow: number;
}

export interface SheetRows {
  row(number: number, cells: Cell[], hidden: boolean): void;
  /** After all rows. */
  merged(cells: Merged): void;
}

/** Excel has no more. */
const mostColumns = 16_384;
const mostRows = 1_048_576;

/** Reads the rows of a sheet as they come. Formulas count as what they had come to when the workbook was saved. */
export function sheetEvents({ strings, zeros }: Workbook, to: SheetRows): XmlEvents {
  let row = 0;
  let hidden = false;
  let cells: Cell[] = [];
  let column = -1;
  let type = 'n';
  let style = 0;
  let value = '';
  let inline = '';
  let formula = false;
  return {
    open(path, attributes) {
      switch (local(path.at(-1)!)) {
        case 'row': {
          const number = Number(attributes.get('r') ?? row + 1);
          if (!Number.isInteger(number) || number <= row || number > mostRows)
            throw new Error('its rows are out of order');
          row = number;
          hidden = /^(1|true)$/.test(attributes.get('hidden') ?? '');
          cells = [];
          column = -1;
          break;
        }
        case 'c': {
          const at = columnOf(attributes.get('r')) ?? column + 1;
          if (at <= column || at >= mostColumns) throw new Error('its cells are out of order');
          column = at;
          type = attributes.get('t') ?? 'n';
          style = Number(attributes.get('s') ?? 0);
          value = '';
          inline = '';
          formula = false;
          break;
        }
        case 'mergeCell': {
          const merged = mergedOf(attributes.get('ref') ?? '');
          if (merged) to.merged(merged);
          break;
        }
        default:
      }
    },
    close(path, text) {
      switch (local(path.at(-1)!)) {
        case 'v':
          value = text;
          break;
        case 'f':
          formula = true;
          break;
        case 't':
          if (local(path.at(-2) ?? '') !== 'rPh') inline += text;
          break;
        case 'c':
          while (cells.length < column) cells.push('');
          cells.push(cellOf());
          break;
        case 'row':
          to.row(row, cells, hidden);
          break;
        default:
      }
    },
  };

  function cellOf(): Cell {
    switch (type) {
      case 's':
        return strings[Number(value)] ?? new CellProblem('its text is missing in the workbook');
      case 'inlineStr':
        return unescaped(inline);
      case 'str':
      case 'd':
        return unescaped(value);
      case 'b':
        return value === '1' ? 'TRUE' : 'FALSE';
      case 'e':
        return new CellProblem(`it is an error of the spreadsheet (${value.slice(0, 20)})`);
      default:
        return numberOf();
    }
  }

  function numberOf(): Cell {
    // Programs that write formulas without a spreadsheet leave out what they come to.
    if (value === '') return formula ? new CellProblem('its formula was never calculated') : '';
    const number = Number(value);
    if (!Number.isFinite(number)) return new CellProblem('it is no number');
    const digits = zeros[style] ?? 0;
    return digits > 0 && Number.isInteger(number) && number >= 0 ? String(number).padStart(digits, '0') : number;
  }
}

/** `C5` is in column 2. */
function columnOf(ref: string | undefined): number | undefined {
  if (ref === undefined) return undefined;
  let number = 0;
  for (let at = 0; at < 4; at++) {
    const code = ref.charCodeAt(at);
    if (!(code >= 65 && code <= 90)) break;
    number = number * 26 + code - 64;
  }
  return number === 0 ? undefined : number - 1;
}

function mergedOf(ref: string): Merged | undefined {
  const match = /^([A-Z]{1,3}\d+):([A-Z]{1,3}(\d+))$/.exec(ref);
  const [first, last] = [columnOf(match?.[1]), columnOf(match?.[2])];
  return match && first !== undefined && last !== undefined
    ? { ref, firstColumn: first, lastColumn: last, lastRow: Number(match[3]) }
    : undefined;
}
