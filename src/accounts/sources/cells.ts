/** A cell that holds something that cannot be taken for its value. */
export class CellProblem {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** Numbers come from workbooks and databases only; texts as they were written. */
export type Cell = string | number | CellProblem;

export function isBlank(cell: Cell): boolean {
  return typeof cell === 'string' && cell.trim() === '';
}

/** Text without blanks around it; `="00123"` and `'00123`, by which exports keep the zeros of a number, are 00123. */
export function textOf(cell: string | number): string {
  if (typeof cell === 'number') return String(cell);
  const text = cell.trim();
  if (/^'\d+$/.test(text)) return text.slice(1);
  return text.startsWith('="') && text.endsWith('"') && text.length > 2 ? text.slice(2, -1).trim() : text;
}

/** Longer pieces of a text keep the whole of it in memory (V8): 100,000 people would keep the file. */
const shortest = 13;

/** The same text, on its own. */
export function own(text: string): string {
  return text.length < shortest ? text : Buffer.from(text).toString();
}
