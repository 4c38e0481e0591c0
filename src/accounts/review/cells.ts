/**
 * Cells of lists that are opened in Excel and come back. Whatever a text holds, Excel shows it as text, does not turn `0012` into 12 or a date into
 * a number, runs nothing of it, and it is read back as it was.
 */

/** What begins a formula, and texts with the mark itself. */
const formula = /^\s*['＇=+\-@＝＋－＠|%]/u;
const number = /^[\d.,:/\\$€¥%()\s年月日-]*\d(?:[\d.,:/\\$€¥%()\s年月日-]|e[+-]?\d)*$/iu;
/** `mar1`, `3 Dec`: a login like that becomes the first of March. */
const month = /^\d{0,4}[\s./-]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\s./-]*\d{0,4}$/i;
const truth = /^\s*(?:true|false)\s*$/i;
const notText = [formula, number, month, truth];

const marker = 'json:';

/** A text as it stands in a cell. */
export function encodeCell(text: string): string {
  if (text === '') return '';
  // Signs that a spreadsheet drops or changes, and line ends.
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(text) || !text.isWellFormed() || text.startsWith(marker))
    return `${marker}${JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escaped)}`;
  return text.trim() !== text || notText.some((what) => what.test(text)) ? `'${text}` : text;
}

/** The text that a cell stands for. */
export function decodeCell(cell: string): string {
  if (cell.startsWith("'")) return cell.slice(1);
  if (!cell.startsWith(marker)) return cell;
  try {
    const text: unknown = JSON.parse(cell.slice(marker.length));
    return typeof text === 'string' ? text : cell;
  } catch {
    return cell;
  }
}

/** One row of a CSV file, with the line end that Excel writes. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",;\t\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`;
}

function escaped(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
