/** Escape sequences of terminals: colours and hyperlinks (ECMA-48 CSI, OSC). */
const escapes = /\u001B(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\))/g;

/** Wide and full-width ranges of Unicode's East Asian Width (UAX #11), as far as terminals draw them in two columns. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23f3],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

function widthOfCluster(cluster: string): number {
  const code = cluster.codePointAt(0)!;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x200b || /^\p{Mark}/u.test(cluster)) return 0;
  return wide.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

let segmenter: Intl.Segmenter | undefined;

/** What is seen as one character each. The segmenter is made when first needed: that takes 15 ms, more than most commands print in. */
function clusters(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** Columns that a text takes in a terminal: Chinese characters two, escape sequences none. */
export function displayWidth(text: string): number {
  const bare = text.replace(escapes, '');
  if (/^[\x20-\x7e]*$/.test(bare)) return bare.length;
  // Chinese beside ASCII, nothing of which combines: the segmenter would take most of the time of a long report.
  if (/^[\x20-\x7e\u3001-\u3029\u4e00-\u9fff\uff01-\uff60]*$/.test(bare))
    return bare.length + bare.replaceAll(/[\x20-\x7e]+/g, '').length;
  let width = 0;
  for (const { segment } of clusters(bare)) width += widthOfCluster(segment);
  return width;
}

/** At most `columns` columns of a text without escape sequences; what was cut off is shown by an ellipsis. */
export function clip(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let result = '';
  let width = 1;
  for (const { segment } of clusters(text)) {
    width += widthOfCluster(segment);
    if (width > columns) break;
    result += segment;
  }
  return columns < 1 ? '' : `${result}…`;
}

/** Fills up with spaces to `columns` columns. */
export function pad(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const gap = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return align === 'left' ? text + gap : gap + text;
}

// A piece is a run of spaces, one wide character with the punctuation that must not begin a line, or narrow ones.
const pieces =
  /\s+|[\u2E80-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\uFF00-\uFFEF][\u3001\u3002\u3009-\u3011\uFF01\uFF09\uFF0C\uFF1A\uFF1B\uFF1F]*|[^\s\u2E80-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\uFF00-\uFFEF]+/g;
/** The parts of a path, a name or a list, each with the sign after which a line may end. */
const parts = /[^/\-,:;=]*[/\-,:;=]+|[^/\-,:;=]+/g;

/**
 * Breaks a text into lines of at most `columns`: between words, and between any two wide characters. A word that is longer
 * than a line ends behind one of the signs that divide paths and names, and is cut only where it has none;
 * `longWords: 'keep'` leaves it whole, so that it can be copied from the terminal, which breaks it itself.
 */
export function wrap(
  text: string,
  columns: number,
  { longWords = 'break' }: { longWords?: 'break' | 'keep' } = {},
): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    // Of the line so far: measured anew for each Chinese character it would take the square of its length.
    let width = 0;
    for (const [piece] of paragraph.matchAll(pieces)) {
      const own = displayWidth(piece);
      if (width + own > columns && line.trim() !== '') {
        lines.push(line.trimEnd());
        line = piece.trimStart();
        width = displayWidth(line);
      } else {
        line += piece;
        width += own;
      }
      while (longWords === 'break' && width > columns) {
        const head = headOf(line, columns);
        if (head === '') break;
        lines.push(head);
        line = line.slice(head.length);
        width = displayWidth(line);
      }
    }
    lines.push(line.trimEnd());
  }
  return lines;
}

/** As much of a word as a line takes. */
function headOf(word: string, columns: number): string {
  const most = clip(word, columns + 1).slice(0, -1);
  const joints = [...word.matchAll(parts)]
    .map((part) => part.index + part[0].length)
    .filter((end) => end <= most.length);
  // Rather a whole folder of a path than half its name.
  const folder = joints.findLast((end) => most[end - 1] === '/');
  return most.slice(0, folder ?? joints.at(-1) ?? most.length);
}

/** Columns of the longest word, or of the longest part of one that `wrap` keeps together. */
export function longestWord(text: string, unit: 'word' | 'part'): number {
  const words = (text.match(pieces) ?? []).filter((piece) => piece.trim() !== '');
  const units = unit === 'word' ? words : words.flatMap((word) => word.match(parts) ?? []);
  return units.reduce((longest, each) => Math.max(longest, displayWidth(each)), 0);
}

/** A text of several lines, each continued below its beginning: deeper than where it starts, or behind its number. */
export function wrapLines(text: string, columns: number): string {
  return text
    .split('\n')
    .flatMap((line) => {
      if (displayWidth(line) <= columns) return [line];
      const [, space, number = ''] = /^( *)(\d+\. +)?/.exec(line)!;
      const start = space! + number;
      const indent = ' '.repeat(number === '' ? start.length + 2 : start.length);
      const rest = wrap(line.slice(start.length), columns - indent.length, { longWords: 'keep' });
      return rest.map((part, i) => (i === 0 ? start : indent) + part);
    })
    .join('\n');
}
