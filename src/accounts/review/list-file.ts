import { csvRow, encodeCell } from './cells.ts';
import { columnNames, columnOrder, factsOf, type Say } from './columns.ts';
import type { ReviewList } from './lines.ts';
import type { ListLanguage } from './words.ts';

/** The list of one head as a CSV file; with a byte order mark, else Excel takes it for the encoding of its country. */
export function listFile(run: string, list: ReviewList, lang: ListLanguage, say: Say): string {
  const header = columnOrder.map((column) => columnNames[column][lang]);
  const rows = list.lines.map((line) => {
    const facts = factsOf(run, line, lang, say);
    return csvRow(columnOrder.map((column) => encodeCell(facts[column])));
  });
  return `\ufeff${csvRow(header)}${rows.join('')}`;
}

const maxNameBytes = 120;
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** File names for lists, each different from the others on any system: a department can be called `../../etc` or `CON`. */
export function fileNames(lists: readonly Pick<ReviewList, 'department' | 'head'>[]): string[] {
  const taken = new Set<string>();
  const several = new Set(
    lists.map(({ department }) => department).filter((name, index, all) => all.indexOf(name) !== index),
  );
  return lists.map(({ department, head }) => {
    const whose = several.has(department) ? `${department ?? ''} ${head ?? ''}` : (department ?? '');
    const stem = safeName(whose);
    for (let number = 1; ; number++) {
      const name = `${stem}${number === 1 ? '' : `-${number}`}.csv`;
      const key = name.normalize('NFKC').toLowerCase();
      if (taken.has(key)) continue;
      taken.add(key);
      return name;
    }
  });
}

function safeName(text: string): string {
  const plain = text
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f-\u009f<>:"/\\|?*'`$;&!\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]/g, '_')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.\-~]+|[\s.]+$/g, '');
  const name = plain === '' ? 'no-department' : reserved.test(plain) ? `_${plain}` : plain;
  let short = name;
  while (Buffer.byteLength(short) > maxNameBytes) short = [...short].slice(0, -1).join('');
  return short.replace(/[\s.]+$/, '');
}
