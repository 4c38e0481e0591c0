import { type RuleId, rules } from '../rules.ts';
import type { Finding } from '../types.ts';

/** Caps that hold before and while a file is parsed. */
export interface Limits {
  /** Largest file that is parsed at all. */
  maxSizeBytes: number;
  /** Nesting of mappings and lists. */
  maxDepth: number;
  /** Values in the document, keys included. */
  maxNodes: number;
  /** Values after aliases are replaced by what they stand for. */
  maxExpandedNodes: number;
}

export const defaultLimits: Limits = {
  maxSizeBytes: 10 * 1024 * 1024,
  maxDepth: 64,
  maxNodes: 50_000,
  maxExpandedNodes: 100_000,
};

/** A finding of the rule table at a line and column, both from 1. */
export function findingAt(
  rule: RuleId,
  place: { file: string; line: number; col: number; endLine?: number; endCol?: number },
  message: string,
  next?: string,
): Finding {
  const advice = next === undefined ? {} : { next: visible(next) };
  return { rule, severity: rules[rule].severity, message: visible(message), ...advice, ...place };
}

const unseen = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ufeff';

/**
 * A text for one line of a terminal or a log: what would end the line, move the cursor or turn the direction of reading is
 * written as an escape. Findings repeat what stands in a file, and "\n::error ::" in a log is a command to GitHub.
 */
export function visible(text: string): string {
  return text.replace(new RegExp(`[${unseen}]`, 'g'), (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Offset of the first character in a text for people that none of them could see, line ends and tabs left out. */
export function firstUnseen(text: string): number {
  return text.search(new RegExp(`(?![\n\t])[${unseen}]`));
}

/**
 * Bytes to text. Not UTF-8 is reported at the first byte that is wrong, a byte order mark as a warning; NUL and other
 * control characters (YAML 1.2.2, 5.1 "Character Set") at their place.
 * `text` is absent when there is nothing that a parser should see.
 */
export function decodeText(bytes: Uint8Array, file: string): { text?: string; findings: Finding[] } {
  const findings: Finding[] = [];
  const start = { file, line: 1, col: 1 };
  const [first, second] = bytes;
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // Without a mark: every second byte of Latin text is zero.
  if (marked || (bytes.length > 1 && (first === 0) !== (second === 0))) {
    return { findings: [findingAt('file-encoding', start, 'the file is UTF-16, not UTF-8', 'Save it as UTF-8.')] };
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const { place, byte } = firstInvalid(bytes, file);
    const hex = byte.toString(16).padStart(2, '0');
    const next = 'Save it as UTF-8; for a file in GBK: iconv -f GBK -t UTF-8 FILE.';
    return { findings: [findingAt('file-encoding', place, `the file is not UTF-8 (byte 0x${hex})`, next)] };
  }
  if (text.startsWith('\uFEFF')) {
    text = text.slice(1);
    findings.push(
      findingAt('file-bom', start, 'the file starts with a byte order mark', 'Save it as UTF-8 without BOM.'),
    );
  }
  const lone = /\r(?!\n)/.exec(text);
  if (lone) {
    const place = { file, ...lineAndCol(text, lone.index) };
    const message = 'the file holds a carriage return that ends no line';
    return {
      findings: [...findings, findingAt('file-control-character', place, message, 'Save it with LF line ends.')],
    };
  }
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;
  let match = control.exec(text);
  if (match) {
    for (let count = 0; match && count < 20; count++) {
      const name =
        match[0] === '\u0000' ? 'NUL' : `U+${match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
      const place = { file, ...lineAndCol(text, match.index) };
      findings.push(
        findingAt('file-control-character', place, `the file holds the control character ${name}`, 'Remove it.'),
      );
      match = control.exec(text);
    }
    return { findings };
  }
  return { text, findings };
}

/** Line and column, from 1, of an offset; columns count UTF-16 code units, as editors do. */
export function lineAndCol(text: string, offset: number): { line: number; col: number } {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  let line = 1;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++;
  return { line, col: offset - lastBreak };
}

/** The first byte at which the bytes stop being UTF-8: the end of the longest prefix that still decodes. */
function firstInvalid(
  bytes: Uint8Array,
  file: string,
): { place: { file: string; line: number; col: number }; byte: number } {
  const decodes = (length: number) => {
    try {
      // `stream` leaves an unfinished sequence at the end alone: only wrong bytes throw.
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
    } catch {
      return undefined;
    }
  };
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodes(middle) === undefined) bad = middle;
    else good = middle;
  }
  const text = decodes(good) ?? '';
  // The sequence that is wrong starts where the text before it ends, a byte order mark counted.
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return { place: { file, ...lineAndCol(text, text.length) }, byte: bytes[marked + Buffer.byteLength(text)] ?? 0 };
}
