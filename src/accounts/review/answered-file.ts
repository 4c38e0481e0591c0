import { type CsvTable, csvRecords, decodeCsv, requireWidth } from '../../core/csv.ts';
import { usageError } from '../../core/errors.ts';
import { comparable } from '../matching/comparable.ts';
import type { Decision } from '../record/decisions.ts';
import { decodeCell } from './cells.ts';
import {
  answerColumns,
  answerOf,
  type ColumnName,
  columnNames,
  columnOf,
  columnOrder,
  factsOf,
  type Say,
} from './columns.ts';
import type { ReviewLine } from './lines.ts';
import { type ListLanguage, listLanguages } from './words.ts';

/** What a list that came back says. */
export interface Answers {
  decisions: Pick<Decision, 'line' | 'decision' | 'reason'>[];
  /** Lines of the file without a decision. */
  undecided: string[];
  /** How many say what was decided before. */
  before: number;
}

interface Problem {
  line: number;
  message: string;
}

/**
 * Reads a list that a head has filled in. Every row must be a line of the run, with the facts that it was written with.
 * @throws OaopsError `csv-encoding`, `csv-invalid`, `review-file-invalid` (exit 2) with the first place; all are in `details.problems`
 */
export function readAnswers(
  file: string,
  bytes: Uint8Array,
  {
    run,
    lines,
    decided,
    say,
  }: {
    run: string;
    lines: readonly ReviewLine[];
    decided: ReadonlyMap<string, Decision>;
    say: Say;
  },
): Answers {
  refuseWorkbook(file, bytes);
  const table = tableOf(file, decodeCsv(file, bytes, 'auto'));
  const columns = columnsOf(file, table);
  const known = new Map(lines.map((line) => [line.id, line]));
  const seenOn = new Map<string, number>();
  const answers: Answers = { decisions: [], undecided: [], before: 0 };
  const problems: Problem[] = [];
  for (const { line: at, cells } of table.rows) {
    const row = (column: ColumnName) => cells[columns.get(column)!]!;
    const tell = (message: string) => void problems.push({ line: at, message });
    const id = plain(row('line'));
    const line = known.get(id);
    if (plain(row('run')) !== run) {
      tell(`the line is of another run, ${plain(row('run')) || 'which is not named'}`);
      continue;
    }
    if (!line) {
      tell(`the line "${id}" is not in the list of the run`);
      continue;
    }
    const before = seenOn.get(id);
    if (before !== undefined) {
      tell(`the line "${id}" stands in the file twice, also on line ${before}`);
      continue;
    }
    seenOn.set(id, at);
    const changed = changedFact(row, run, line, say);
    if (changed !== undefined) {
      // As the file calls it, which is in the language of whoever has filled it in.
      tell(`the column "${table.columns[columns.get(changed)!]}" was changed`);
      continue;
    }
    const written = plain(row('decision'));
    if (written === '') {
      answers.undecided.push(id);
      continue;
    }
    const decision = answerOf(written, line.right);
    if (decision === undefined) {
      tell(`"${written}" is no decision`);
      continue;
    }
    const earlier = decided.get(id);
    if (earlier && earlier.decision !== decision) {
      tell(`the line "${id}" was decided before: ${earlier.decision} (${earlier.by}, ${earlier.at})`);
      continue;
    }
    if (earlier) {
      answers.before++;
      continue;
    }
    const reason = decodeCell(row('reason')).trim();
    answers.decisions.push({ line: id, decision, ...(reason === '' ? {} : { reason }) });
  }
  const [first] = problems;
  if (first) throw invalid(file, first, problems);
  return answers;
}

/** The first column that does not say what the list said, in either language. */
function changedFact(
  row: (column: ColumnName) => string,
  run: string,
  line: ReviewLine,
  say: Say,
): ColumnName | undefined {
  const versions = listLanguages.map((lang) => factsOf(run, line, lang, say));
  return columnOrder.find(
    (column) =>
      !answerColumns.has(column) &&
      // Some programs show the mark of a text and drop it when they save.
      !versions.some((facts) => decodeCell(row(column)) === facts[column] || row(column) === facts[column]),
  );
}

function plain(cell: string): string {
  return decodeCell(cell).trim();
}

/** Spreadsheets write the separator of their country. */
function tableOf(file: string, text: string): CsvTable {
  const separators = [',', ';', '\t'] as const;
  const separator = separators.find((one) => headings(file, text, one) > 1);
  if (separator === undefined)
    throw usageError('review-file-invalid', 'the first line does not name the columns of a review list', {
      next: 'Give a file that "oaops account review RUN --export DIR" has written, as CSV.',
      position: { file, line: 1, col: 1 },
    });
  const [header, ...rows] = csvRecords(file, text, separator);
  const columns = withoutEmptyEnd(header!.cells, 0);
  // Whoever has touched a cell beside or below the list gets wider rows, and empty ones.
  const filled = rows.filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  return {
    columns,
    rows: filled.map(({ line, cells }) => {
      const own = withoutEmptyEnd(cells, columns.length);
      requireWidth(file, { line, cells: own }, columns.length, separator);
      return { line, cells: own };
    }),
  };
}

/** Without the empty cells at the end, beyond a width. */
function withoutEmptyEnd(cells: readonly string[], width: number): string[] {
  const last = cells.findLastIndex((cell) => cell.trim() !== '');
  return cells.slice(0, Math.max(last + 1, width));
}

/** What Excel saves when nobody looks. */
function refuseWorkbook(file: string, [first, second, third, fourth]: Uint8Array): void {
  if (first !== 0x50 || second !== 0x4b || third !== 0x03 || fourth !== 0x04) return;
  throw usageError('review-file-invalid', 'the list is a workbook, not a CSV file', {
    next: 'Save it as "CSV UTF-8".',
    position: { file, line: 1, col: 1 },
  });
}

/** How many columns the first line names when it is read with this separator. */
function headings(file: string, text: string, separator: string): number {
  try {
    const [header] = csvRecords(file, text, separator);
    return header?.cells.filter((cell) => columnOf(cell) !== undefined).length ?? 0;
  } catch {
    // With another separator a quotation mark can stand where none may.
    return 0;
  }
}

function columnsOf(file: string, { columns }: CsvTable): Map<ColumnName, number> {
  const found = new Map<ColumnName, number>();
  const refuse = (message: string) =>
    usageError('review-file-invalid', message, {
      next: 'Leave the columns as they are, and write notes into the column of the reason.',
      position: { file, line: 1, col: 1 },
    });
  for (const [index, heading] of columns.entries()) {
    const column = columnOf(heading);
    if (column === undefined) throw refuse(`the column "${heading}" is none of the list`);
    if (found.has(column)) throw refuse(`the column "${heading}" is there twice`);
    found.set(column, index);
  }
  const missing = columnOrder.find((column) => !found.has(column));
  if (missing !== undefined) throw refuse(`the column "${columnNames[missing][languageOf(columns)]}" is missing`);
  return found;
}

/** In which most columns are named. */
function languageOf(headings: readonly string[]): ListLanguage {
  const count = (lang: ListLanguage) =>
    columnOrder.filter((column) =>
      headings.some((one) => comparable(one, true) === comparable(columnNames[column][lang], true)),
    ).length;
  return [...listLanguages].sort((one, other) => count(other) - count(one))[0]!;
}

/** So many other places are named; whoever has hundreds looks at --json. */
const namedPlaces = 10;

function invalid(file: string, first: Problem, problems: readonly Problem[]): Error {
  const others = [...new Set(problems.slice(1).map(({ line }) => line))].slice(0, namedPlaces);
  const more = problems.length - 1;
  const message = more > 0 ? `${first.message} (and ${more} more, on lines ${others.join(', ')})` : first.message;
  return usageError('review-file-invalid', message, {
    next: 'Nothing of the file was taken over. Correct it, or have the list written again; only decision (do or keep) and reason are filled in.',
    position: { file, line: first.line, col: 1 },
    details: { problems },
  });
}
