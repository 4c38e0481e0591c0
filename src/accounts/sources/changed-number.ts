import type { Cell } from './cells.ts';

/** What spreadsheets, and programs that take numbers for fractions, make of an employee number. */
const changes = [
  { shape: /^\d(\.\d+)?E\+\d+$/i, how: 'rounded to fewer digits' },
  { shape: /^\d+\.0+$/, how: 'made into a fraction' },
  {
    shape: /^(\d{1,2}月\d{1,2}日|\d{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))$/i,
    how: 'made into a day',
  },
  { shape: /^\d{1,3}(,\d{3})+$/, how: 'parted by commas' },
];

/** How it was changed, for people; undefined: it was not. */
export function changedNumber(cell: Cell, text: string): string | undefined {
  if (typeof cell === 'number' && !Number.isSafeInteger(cell)) return changes[0]!.how;
  return changes.find(({ shape }) => shape.test(text))?.how;
}
