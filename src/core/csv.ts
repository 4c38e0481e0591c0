import { isUtf8 } from 'node:buffer';
import { usageError } from './errors.ts';

/** `line`: where it begins, from 1; a quoted cell may hold line ends. */
export interface CsvRecord {
  line: number;
  cells: string[];
}

/** A list with a header line. */
export interface CsvTable {
  columns: string[];
  rows: CsvRecord[];
}

export type CsvEncoding = 'auto' | 'utf-8' | 'gbk';

/**
 * The text of a list, without its byte order mark. Nothing is replaced: bytes that are no text are an error, because a name with a replaced
 * character is another name. `auto` takes UTF-8, and GBK (as GB 18030, which holds it) where the file is no UTF-8.
 * @throws OaopsError `csv-encoding` (exit 2)
 */
export function decodeCsv(file: string, bytes: Uint8Array, encoding: CsvEncoding): string {
  const [first, second, third] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw encodingError(file, 1, 'the list is UTF-16', 'Save it as "CSV UTF-8".');
  }
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    throw encodingError(file, lineOf(bytes, nul), 'the list holds a NUL byte', 'Save it as text, in UTF-8 or GBK.');
  }
  const marked = first === 0xef && second === 0xbb && third === 0xbf;
  if (isUtf8(bytes) && encoding !== 'gbk') return new TextDecoder('utf-8').decode(bytes);
  if (marked || encoding === 'utf-8' || (encoding === 'auto' && isMostlyUtf8(bytes))) {
    throw encodingError(
      file,
      firstLineThat(bytes, (line) => !isUtf8(line)),
      'the line is not UTF-8',
      'Correct that line, or say "encoding: gbk" when the list comes from a Chinese Windows.',
    );
  }
  const text = decodeGb18030(bytes);
  if (text !== undefined) return text;
  const line = firstLineThat(bytes, (each) => decodeGb18030(each) === undefined);
  throw encodingError(file, line, 'the line is neither UTF-8 nor GBK', 'Save the list in UTF-8.');
}

/**
 * A table as RFC 4180 writes it, with LF or CRLF; empty lines are passed over. Each row has as many columns as the header.
 * @throws OaopsError `csv-invalid` (exit 2) with the line
 */
export function parseCsv(file: string, text: string, separator: string): CsvTable {
  const [header, ...rows] = csvRecords(file, text, separator);
  if (!header) throw invalid(file, 1, 'the list is empty', 'The first line names the columns.');
  for (const [index, column] of header.cells.entries()) {
    if (column.trim() === '') {
      throw invalid(file, header.line, `column ${index + 1} has no name`, 'Name each column in the first line.');
    }
    if (header.cells.indexOf(column) !== index) {
      throw invalid(file, header.line, `the column "${column}" is named twice`, 'Name each column differently.');
    }
  }
  for (const row of rows) requireWidth(file, row, header.cells.length, separator);
  return { columns: header.cells, rows };
}

/**
 * The lines of a table one at a time, the header like any other, for tables that are not held whole. Empty lines are passed over.
 * @throws OaopsError `csv-invalid` (exit 2) with the line
 */
export function csvRecords(file: string, text: string, separator: string): Iterable<CsvRecord> {
  return new Reader(file, text, separator).records();
}

/** @throws OaopsError `csv-invalid` (exit 2) unless the row has so many cells */
export function requireWidth(file: string, { line, cells }: CsvRecord, width: number, separator: string): void {
  if (cells.length === width) return;
  throw invalid(
    file,
    line,
    `the row has ${cells.length} columns instead of ${width}`,
    `Put a value that holds "${separator === '\t' ? 'tab' : separator}" into quotation marks, and check "separator".`,
  );
}

class Reader {
  readonly #file: string;
  readonly #text: string;
  readonly #separator: string;
  #at = 0;
  #line = 1;

  constructor(file: string, text: string, separator: string) {
    this.#file = file;
    this.#text = text;
    this.#separator = separator;
  }

  *records(): Generator<CsvRecord> {
    while (this.#at < this.#text.length) {
      if (!this.#lineEnd()) yield this.#record();
    }
  }

  #record(): CsvRecord {
    const line = this.#line;
    const cells: string[] = [];
    for (;;) {
      cells.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#bare());
      if (this.#at >= this.#text.length || this.#lineEnd()) return { line, cells };
      if (this.#text[this.#at] !== this.#separator) {
        throw this.#error(
          'a value goes on after its closing quotation mark',
          'Write a quotation mark inside of a value twice.',
        );
      }
      this.#at++;
    }
  }

  #bare(): string {
    const from = this.#at;
    for (; this.#at < this.#text.length; this.#at++) {
      const sign = this.#text[this.#at];
      if (sign === this.#separator || sign === '\n' || (sign === '\r' && this.#text[this.#at + 1] === '\n')) break;
      if (sign === '"') {
        throw this.#error(
          'a quotation mark stands in a value without quotation marks',
          'Put the whole value into quotation marks, and write the one inside twice.',
        );
      }
      if (sign === '\r') {
        throw this.#error('a carriage return ends no line', 'End each line with LF or CRLF.');
      }
    }
    return this.#text.slice(from, this.#at);
  }

  #quoted(): string {
    const opened = this.#line;
    let value = '';
    for (let from = this.#at + 1; ; ) {
      const end = this.#text.indexOf('"', from);
      if (end === -1) {
        throw invalid(this.#file, opened, 'a quotation mark is never closed', 'Close it.');
      }
      const part = this.#text.slice(from, end);
      value += part;
      for (let at = part.indexOf('\n'); at !== -1; at = part.indexOf('\n', at + 1)) this.#line++;
      if (this.#text[end + 1] !== '"') {
        this.#at = end + 1;
        return value;
      }
      value += '"';
      from = end + 2;
    }
  }

  /** Passes over the end of a line; false when there is none here. */
  #lineEnd(): boolean {
    const length = this.#text.startsWith('\r\n', this.#at) ? 2 : this.#text[this.#at] === '\n' ? 1 : 0;
    this.#at += length;
    if (length > 0) this.#line++;
    return length > 0;
  }

  #error(message: string, next: string): Error {
    return invalid(this.#file, this.#line, message, next);
  }
}

function invalid(file: string, line: number, message: string, next: string): Error {
  return usageError('csv-invalid', message, { next, position: { file, line, col: 1 } });
}

function encodingError(file: string, line: number, message: string, next: string): Error {
  return usageError('csv-encoding', message, { next, position: { file, line, col: 1 } });
}

function decodeGb18030(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('gb18030', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Of a text in UTF-8 with a damaged line most lines beyond ASCII are still UTF-8; of one in GBK hardly one is by chance. GB 18030 gives some
 * character for almost any bytes, so that damage would go unseen.
 */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  let [whole, broken] = [0, 0];
  for (const line of linesOf(bytes)) {
    if (!line.some((byte) => byte > 0x7f)) continue;
    if (isUtf8(line)) whole++;
    else broken++;
  }
  return whole > broken;
}

function firstLineThat(bytes: Uint8Array, is: (line: Uint8Array) => boolean): number {
  let number = 0;
  for (const line of linesOf(bytes)) {
    number++;
    if (is(line)) return number;
  }
  return Math.max(1, number);
}

/** In neither encoding does the byte of a line feed occur inside of a character. */
function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from <= bytes.length; ) {
    const at = bytes.indexOf(0x0a, from);
    const end = at === -1 ? bytes.length : at;
    yield bytes.subarray(from, end);
    from = end + 1;
  }
}

function lineOf(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf(0x0a); at !== -1 && at < offset; at = bytes.indexOf(0x0a, at + 1)) line++;
  return line;
}
