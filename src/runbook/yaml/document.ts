import { Composer, type CST, type Document, isScalar, Lexer, type Node, Parser, type Scalar } from 'yaml';
import type { RuleId } from '../rules.ts';
import type { Finding } from '../types.ts';
import { afterIndentation, indentedTooFar } from './indentation.ts';
import { find, locate } from './locate.ts';
import { type Path, type Range, Reader, type Tell } from './reader.ts';
import { explainSyntax } from './syntax.ts';
import { defaultLimits, findingAt, type Limits } from './text.ts';
import { openingOf } from './unclosed.ts';

export type { Path, Range } from './reader.ts';

/** A parsed YAML document: plain data, and where each piece of it stands in the text. */
export interface YamlDocument {
  file: string;
  text: string;
  /** Plain JSON data; keys are strings, aliases replaced. `undefined` when the text is no YAML at all. */
  data: unknown;
  /** False when the text is broken so that `data` may be nested otherwise than the author means. */
  sound: boolean;
  findings: Finding[];
  /** True when a part was left out of `data`, so that what is not found there may yet stand in the text. */
  hasGaps: boolean;
  /** True for a mapping or list of `data` from which a part was left out. */
  isPartial(value: unknown): boolean;
  /** Range of the value at `path`, or of the nearest node above it that exists; `key` = of its key. */
  rangeOf(path: Path, part?: 'key' | 'value'): Range;
  /** The scalar at `path`, for its source form; undefined when there is no scalar. */
  scalarAt(path: Path): Scalar | undefined;
  /** A finding whose place is a range of the text. */
  finding(rule: RuleId, range: Range, message: string, next?: string): Finding;
}

/** Parses one YAML 1.2 document (core schema) within `limits`. Never throws on any text. */
export function parseYaml(text: string, file: string, limits: Limits = defaultLimits): YamlDocument {
  const positionOf = lineFinder(text);
  const findings: Finding[] = [];
  const finding = (rule: RuleId, [start, end]: Range, message: string, next?: string): Finding => {
    const from = positionOf(Math.min(start, text.length));
    const to = positionOf(Math.max(start, Math.min(end, text.length)));
    const place = {
      file,
      line: from.line,
      col: from.col,
      endLine: to.line,
      endCol: to.col,
    };
    return findingAt(rule, place, message, next);
  };
  const broken = (): YamlDocument => ({
    file,
    text,
    data: undefined,
    sound: false,
    findings,
    hasGaps: true,
    isPartial: () => false,
    rangeOf: () => [0, 0],
    scalarAt: () => undefined,
    finding,
  });

  const composed = compose(text, limits, (rule, range, message, next) =>
    findings.push(finding(rule, range, message, next)),
  );
  if (composed === undefined) return broken();
  const { documents, tokens } = composed;
  const document = documents[0];
  if (!document || document.contents === null) {
    if (findings.length === 0)
      findings.push(
        finding('file-empty', [0, 0], 'the file is empty', 'Run "oaops runbook new" to start from a template.'),
      );
    return broken();
  }
  const second = documents[1];
  if (second) {
    const next = 'Keep one runbook per file: move what follows "---" to a file of its own.';
    findings.push(
      finding(
        'yaml-multi-document',
        [documentStart(text, second), second.range[1]],
        'the file holds more than one YAML document',
        next,
      ),
    );
  }

  let sound = true;
  const seenLines = new Set<number>();
  const errors = [...documents.flatMap((d) => d.errors), ...document.warnings];
  // A tab shifts everything below it: what else the parser says of the nesting follows from it.
  let lost = errors.some(({ code }) => code === 'TAB_AS_INDENT');
  for (const error of errors) {
    if (error.code === 'TAG_RESOLVE_FAILED') continue;
    const { rule, message, next, structural, offset } = explainSyntax(error, text);
    sound &&= !structural;
    // Once the nesting is guessed, what the parser says of the lines below follows from its guess.
    if (structural && lost && rule !== 'yaml-tab') continue;
    lost ||= structural;
    const opening = openingOf(error, tokens);
    const start = opening ?? offset ?? indentedTooFar(error, text) ?? afterIndentation(text, error.pos[0]);
    const end = opening === undefined ? Math.max(start + 1, error.pos[1]) : start + 1;
    const found = finding(rule, rule === 'yaml-tab' ? error.pos : [start, end], message, next);
    // One mistake makes the parser complain several times in a line: the first one is the cause.
    if (seenLines.has(found.line)) continue;
    seenLines.add(found.line);
    findings.push(found);
  }
  const version = document.directives?.yaml;
  if (version?.explicit && version.version !== '1.2') {
    const at = Math.max(0, text.indexOf('%YAML'));
    const next = 'Remove the line: runbooks are YAML 1.2, where no, on and 09:30 are plain text.';
    findings.push(
      finding('yaml-directive', [at, at + '%YAML 1.1'.length], `the file asks for YAML ${version.version}`, next),
    );
  }

  // Nesting that was guessed is not looked into: what would be found is not what the author wrote.
  if (!sound) return broken();
  const reader = new Reader(text, limits, (rule, range, message, next) =>
    findings.push(finding(rule, range, message, next)),
  );
  const data = reader.read(document.contents as Node);
  return {
    file,
    text,
    data,
    sound: !reader.capped,
    findings,
    hasGaps: reader.anyLeftOut,
    isPartial: (value) => value !== null && typeof value === 'object' && reader.partial.has(value),
    rangeOf: (path, part = 'value') => locate(reader, document.contents as Node, path, part),
    scalarAt: (path) => {
      const node = find(reader, document.contents as Node, path);
      return isScalar(node) ? node : undefined;
    },
    finding,
  };
}

/**
 * Text to documents. Depth and size are watched while the parser (which keeps its own stack) is fed token by token:
 * composing is recursive, so a document that is too deep must never reach it.
 */
function compose(
  text: string,
  limits: Limits,
  tell: Tell,
): { documents: Document.Parsed[]; tokens: CST.Token[] } | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > limits.maxNodes * 4) {
      tell(
        'yaml-too-many-nodes',
        [parser.offset, parser.offset],
        `the document has more than about ${limits.maxNodes} values`,
        'Split it, or put data into files of their own.',
      );
      return undefined;
    }
    for (const token of parser.next(lexeme)) tokens.push(token);
    // A level takes one entry of the stack, two where a list item starts a mapping; the document itself and a scalar take more.
    if (parser.stack.length > limits.maxDepth + 3) {
      tell(
        'yaml-depth',
        [parser.offset, parser.offset],
        `values are nested deeper than ${limits.maxDepth} levels`,
        'Flatten the structure.',
      );
      return undefined;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  // The library looks for duplicate keys by comparing all pairs; the reader below does it in one pass.
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    merge: false,
    keepSourceTokens: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  return { documents: [...composer.compose(tokens)] as Document.Parsed[], tokens };
}

function documentStart(text: string, document: Document.Parsed): number {
  // The range starts after the "---" line's marker; point at the marker.
  const marker = text.lastIndexOf('---', document.range[0] + 3);
  return marker >= 0 ? marker : document.range[0];
}

/** Line and column, from 1, of offsets; the parser's own counter loses lines where it recovers from errors. */
function lineFinder(text: string): (offset: number) => { line: number; col: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, col: offset - starts[low]! + 1 };
  };
}
