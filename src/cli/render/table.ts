import { oneLine } from '../../core/plain-text.ts';
import { paint } from '../color.ts';
import { clip, displayWidth, longestWord, pad, wrap } from './width.ts';

export interface Column {
  title: string;
  align?: 'left' | 'right';
  /** Takes what is left of the line and is wrapped; the others are never shortened before it is. */
  flexible?: boolean;
  /** Never shortened, though the line grows longer than the terminal: ids and what else is copied from the table. */
  whole?: boolean;
}

export interface TableOptions {
  /** Default 80, so that what is piped looks like what fits everywhere. */
  columns?: number;
  color?: boolean;
}

const gap = '  ';
const leastFlexible = 12;

/** A table of plain texts, their control signs disarmed, that fits the line: flexible columns are wrapped, others clipped only when nothing else helps. */
export function table(
  columns: readonly Column[],
  texts: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const rows = texts.map((row) => row.map((cell) => cell.split('\n').map(oneLine).join('\n')));
  const lineWidth = options.columns ?? 80;
  // Not by spreading: a list can have more rows than a call takes arguments.
  const most = (i: number, of: (cell: string) => number, least = 0) =>
    rows.reduce((widest, row) => Math.max(widest, of(row[i] ?? '')), least);
  const widest = (cell: string) => Math.max(0, ...cell.split('\n').map(displayWidth));
  const natural = columns.map((column, i) => most(i, widest, displayWidth(column.title)));
  const longest = (unit: 'word' | 'part') =>
    columns.map(({ flexible }, i) => (flexible ? most(i, (cell) => longestWord(cell, unit)) : 0));
  const widths = fitWidths(columns, natural, lineWidth - gap.length * (columns.length - 1), longest);
  const lines = [
    paint(
      options.color ?? false,
      'dim',
      line(
        columns,
        columns.map((column) => column.title),
        widths,
      ),
    ),
  ];
  for (const row of rows) {
    const cells = columns.map((column, i) => {
      const words = row[i] ?? '';
      return column.flexible ? wrap(words, widths[i]!) : [clip(words, widths[i]!)];
    });
    const height = Math.max(...cells.map((cell) => cell.length));
    for (let y = 0; y < height; y++)
      lines.push(
        line(
          columns,
          cells.map((cell) => cell[y] ?? ''),
          widths,
        ),
      );
  }
  return lines.join('\n');
}

function fitWidths(
  columns: readonly Column[],
  natural: readonly number[],
  available: number,
  longest: (unit: 'word' | 'part') => readonly number[],
): number[] {
  const widths = [...natural];
  const over = () => widths.reduce((sum, width) => sum + width, 0) - available;
  const shrink = (which: (column: Column) => boolean, least: (i: number) => number) => {
    while (over() > 0) {
      let widest = -1;
      widths.forEach((width, i) => {
        if (which(columns[i]!) && width > least(i) && width > (widths[widest] ?? 0)) widest = i;
      });
      if (widest === -1) return;
      widths[widest]!--;
    }
  };
  if (over() <= 0) return widths;
  const flexible = (column: Column) => column.flexible === true;
  // No word is broken while another column can give way, then none but where a path or a name has a joint.
  for (const least of [longest('word'), longest('part')]) shrink(flexible, (i) => Math.max(leastFlexible, least[i]!));
  shrink(flexible, () => leastFlexible);
  const cut = (column: Column) => column.flexible !== true && column.whole !== true;
  shrink(cut, (i) => Math.max(4, displayWidth(columns[i]!.title)));
  return widths;
}

function line(columns: readonly Column[], cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => pad(cell, widths[i]!, columns[i]!.align))
    .join(gap)
    .trimEnd();
}
