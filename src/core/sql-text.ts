import { usageError } from './errors.ts';

export type SqlDialect = 'postgres' | 'mysql' | 'sqlite';

/** A piece of a statement: text as it was written, or the name of a parameter. */
export type SqlPiece = string | { parameter: string };

/** One statement, taken apart. */
export interface SqlText {
  pieces: SqlPiece[];
  /** Names of its parameters, each once, in the order in which they stand. */
  parameters: string[];
  /** Its first word in capitals, such as `UPDATE`. */
  verb: string;
  /** It gives a part of its rows, by LIMIT or FETCH outside of all parentheses. */
  isCut: boolean;
}

/** A name goes on with these. */
const nameSign = /[\p{L}\p{N}_]/u;
const nameStart = /[\p{L}_]/u;

/** The dialect by the scheme of a URL of a database; undefined: it is none that is known. */
export function dialectOf(url: string): SqlDialect | undefined {
  const scheme = /^([a-z]+):/.exec(url)?.[1] ?? '';
  if (scheme === 'postgres' || scheme === 'postgresql') return 'postgres';
  if (scheme === 'mysql' || scheme === 'mariadb') return 'mysql';
  return scheme === 'sqlite' ? 'sqlite' : undefined;
}

/**
 * Finds the named parameters (`:name`) of one statement: never inside of quotation marks, comments or names, nor in casts (`::text`),
 * assignments (`:=`) and slices (`list[1:n]`). One semicolon at the end is taken away. MySQL is read as without ANSI_QUOTES and
 * NO_BACKSLASH_ESCAPES.
 * @throws OaopsError `statement-text` (exit 2): several statements, something that is never closed, a placeholder without a name, a comment that MySQL executes
 */
export function readSqlText(text: string, dialect: SqlDialect): SqlText {
  const pieces: SqlPiece[] = [];
  let kept = 0;
  let end: number | undefined;
  let verb = '';
  let depth = 0;
  let isCut = false;
  for (let at = 0; at < text.length; ) {
    const skipped = skipQuiet(text, at, dialect);
    if (skipped !== undefined) {
      const isSpace = skipped.kind !== 'quoted';
      if (end !== undefined && !isSpace) throw severalStatements();
      at = skipped.end;
      continue;
    }
    const sign = text[at]!;
    if (end !== undefined) throw severalStatements();
    if (sign === ';') {
      end = at++;
      continue;
    }
    if (nameStart.test(sign)) {
      const word = wordAt(text, at);
      if (verb === '') verb = word.toUpperCase();
      isCut ||= depth === 0 && /^(limit|fetch)$/i.test(word) && text[at - 1] !== '.';
      at += word.length;
      continue;
    }
    const name = parameterAt(text, at, dialect);
    if (name !== undefined) {
      pieces.push(text.slice(kept, at), { parameter: name });
      at += name.length + 1;
      kept = at;
      continue;
    }
    if (sign === ':') {
      // "::" of a cast, ":=" of an assignment.
      at += text[at + 1] === ':' || text[at + 1] === '=' ? 2 : 1;
      continue;
    }
    if (sign === '(') depth++;
    if (sign === ')') depth--;
    refusePlaceholder(text, at, dialect);
    at++;
  }
  if (verb === '') throw textError('the statement is empty', 'Write one statement.');
  const parameters = pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.parameter]));
  pieces.push(text.slice(kept, end));
  return { pieces, parameters: [...new Set(parameters)], verb, isCut };
}

/** The statement with a placeholder of the dialect for each parameter, and what stands for each, in their order. */
export function numbered(statement: SqlText, dialect: SqlDialect): { text: string; names: string[] } {
  const names: string[] = [];
  const text = statement.pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      // Each time one of its own: a server may take the same value as a number here and as a text there.
      names.push(piece.parameter);
      return dialect === 'postgres' ? `$${names.length}` : '?';
    })
    .join('');
  return { text, names };
}

/** White space, a comment, or something in quotation marks that begins here. */
function skipQuiet(
  text: string,
  at: number,
  dialect: SqlDialect,
): { kind: 'space' | 'comment' | 'quoted'; end: number } | undefined {
  const sign = text[at]!;
  if (/\s/.test(sign)) return { kind: 'space', end: at + 1 };
  if (lineComment(text, at, dialect)) {
    const lineEnd = text.indexOf('\n', at);
    return { kind: 'comment', end: lineEnd === -1 ? text.length : lineEnd + 1 };
  }
  if (text.startsWith('/*', at)) return { kind: 'comment', end: blockCommentEnd(text, at, dialect) };
  if (sign === "'" || sign === '"' || (sign === '`' && dialect !== 'postgres')) {
    return { kind: 'quoted', end: quotedEnd(text, at, sign, withBackslashes(text, at, dialect)) };
  }
  if (sign === '[' && dialect === 'sqlite') return { kind: 'quoted', end: after(text, ']', at + 1) };
  if (sign === '$' && dialect === 'postgres' && !nameSign.test(text[at - 1] ?? ' ')) {
    const tag = /^\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/u.exec(text.slice(at, at + 70))?.[0];
    if (tag !== undefined) return { kind: 'quoted', end: after(text, tag, at + tag.length) };
  }
  return undefined;
}

function lineComment(text: string, at: number, dialect: SqlDialect): boolean {
  if (text[at] === '#') return dialect === 'mysql';
  if (!text.startsWith('--', at)) return false;
  // In MySQL "5--1" is 6.
  return dialect !== 'mysql' || at + 2 >= text.length || /[\s\p{Cc}]/u.test(text[at + 2]!);
}

function blockCommentEnd(text: string, at: number, dialect: SqlDialect): number {
  if (dialect === 'mysql' && /^\/\*M?!/.test(text.slice(at, at + 4))) {
    throw textError('the statement holds a comment that the server executes', 'Write it without "/*!".');
  }
  if (dialect !== 'postgres') return after(text, '*/', at + 2);
  // Comments lie in one another there.
  for (let depth = 1, from = at + 2; ; ) {
    const close = after(text, '*/', from);
    const open = text.indexOf('/*', from);
    if (open !== -1 && open < close - 2) {
      depth++;
      from = open + 2;
      continue;
    }
    depth--;
    from = close;
    if (depth === 0) return close;
  }
}

function withBackslashes(text: string, at: number, dialect: SqlDialect): boolean {
  if (dialect === 'mysql') return text[at] !== '`';
  if (dialect === 'sqlite' || text[at] !== "'") return false;
  return /[eE]/.test(text[at - 1] ?? '') && !/[\p{L}\p{N}_$]/u.test(text[at - 2] ?? ' ');
}

function quotedEnd(text: string, at: number, quote: string, backslashes: boolean): number {
  for (let from = at + 1; from < text.length; from++) {
    if (backslashes && text[from] === '\\') from++;
    else if (text[from] === quote) {
      // Twice is once.
      if (text[from + 1] !== quote) return from + 1;
      from++;
    }
  }
  throw neverClosed(quote);
}

function after(text: string, close: string, from: number): number {
  const at = text.indexOf(close, from);
  if (at === -1) throw neverClosed(close);
  return at + close.length;
}

/** A word, as far as it goes: with `$`, which names may hold. The E of E'...' is a word of its own. */
function wordAt(text: string, at: number): string {
  return /^[\p{L}_][\p{L}\p{N}_$]*/u.exec(text.slice(at))![0];
}

function parameterAt(text: string, at: number, dialect: SqlDialect): string | undefined {
  if (text[at] !== ':' || text[at + 1] === undefined || !nameStart.test(text[at + 1]!)) return undefined;
  const before = text[at - 1] ?? ' ';
  // A slice: list[low:high], list[f(x):high].
  if (dialect === 'postgres' && /[\p{L}\p{N}_\])]/u.test(before)) return undefined;
  return /^[\p{L}_][\p{L}\p{N}_]*/u.exec(text.slice(at + 1))![0];
}

function refusePlaceholder(text: string, at: number, dialect: SqlDialect): void {
  const rest = text.slice(at, at + 2);
  const found =
    dialect === 'postgres'
      ? /^\$\d/.test(rest)
      : rest[0] === '?' || (dialect === 'sqlite' && /^[@$][\p{L}_]/u.test(rest));
  if (!found) return;
  throw textError('the statement holds a placeholder without a name', 'Name each parameter, such as ":key".');
}

function severalStatements(): Error {
  return textError('there is something behind the end of the statement', 'Write one statement, not several.');
}

function neverClosed(sign: string): Error {
  return textError(`the statement holds a ${sign} too few or too many`, 'Close what was opened.');
}

function textError(message: string, next: string): Error {
  return usageError('statement-text', message, { next });
}
