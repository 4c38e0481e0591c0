import { oneLine } from '../../core/plain-text.ts';
import { paint } from '../color.ts';
import { clip, displayWidth, pad, wrap } from './width.ts';

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
  const natural = columns.map((column, i) =>
    Math.max(
      displayWidth(column.title),
      ...rows.map((row) => Math.max(0, ...(row[i] ?? '').split('\n').map(displayWidth))),
    ),
  );
  const widths = fitWidths(columns, natural, lineWidth - gap.length * (columns.length - 1));
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

function fitWidths(columns: readonly Column[], natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  const over = () => widths.reduce((sum, width) => sum + width, 0) - available;
  const shrink = (which: (column: Column) => boolean, least: number) => {
    while (over() > 0) {
      const widest = widths.reduce(
        (best, width, i) => (which(columns[i]!) && width > (widths[best] ?? least) ? i : best),
        -1,
      );
      if (widest === -1 || widths[widest]! <= least) return;
      widths[widest]!--;
    }
  };
  shrink((column) => column.flexible === true, leastFlexible);
  shrink((column) => column.flexible !== true && column.whole !== true, 4);
  return widths;
}

function line(columns: readonly Column[], cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => pad(cell, widths[i]!, columns[i]!.align))
    .join(gap)
    .trimEnd();
}
