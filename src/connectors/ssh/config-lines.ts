/** One line of ssh_config(5): keyword in lower case, and its words without quotes. */
export interface ConfigWords {
  name: string;
  words: string[];
}

/**
 * Splits one line as readconf.c of OpenSSH does: the keyword ends at white space or at `=`, the rest at white space; a word
 * can stand in quotes of both kinds, in whole or in part; `#` begins a comment only where a word would begin.
 * @returns undefined for an empty line or a comment
 * @throws Error when a quote is left open
 */
export function splitConfigLine(line: string): ConfigWords | undefined {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return undefined;
  const [whole, quoted, plain] = /^(?:"([^"]*)"|([^\s="]+))[ \t]*=?[ \t]*/.exec(text) ?? [''];
  const name = (quoted ?? plain ?? '').toLowerCase();
  return name === '' ? undefined : { name, words: splitWords(text.slice(whole.length)) };
}

/** argv_split() of OpenSSH: a backslash takes away the meaning of a quote, of a backslash, and of a space outside quotes. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    const next = text[i + 1];
    if (char === '\\' && next !== undefined && (`"'\\`.includes(next) || (quote === undefined && next === ' '))) {
      word = `${word ?? ''}${next}`;
      i++;
    } else if (quote === undefined && (char === ' ' || char === '\t')) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === undefined && char === '#' && word === undefined) break;
    else if (quote === undefined && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (char === quote) quote = undefined;
    else word = `${word ?? ''}${char}`;
  }
  if (quote !== undefined) throw new Error(`a quote is left open in "${text}"`);
  if (word !== undefined) words.push(word);
  return words;
}

/** Criteria that stand alone on a Match line. */
const aloneCriteria = new Set(['all', 'canonical', 'final']);

/** The criteria of a Match line, as pairs of keyword and pattern list: `host a,b`, `host=a,b`, `host = a,b`, `all`. */
export function matchCriteria(words: readonly string[]): [keyword: string, list: string][] {
  const criteria: [string, string][] = [];
  for (let i = 0; i < words.length; i++) {
    const [keyword, ...rest] = words[i]!.split('=');
    if (rest.length === 0 && aloneCriteria.has(keyword!.toLowerCase().replace(/^!/, ''))) {
      criteria.push([keyword!, '']);
      continue;
    }
    let list = rest.join('=');
    if (list === '') {
      list = words[++i] ?? '';
      if (rest.length === 0 && list.startsWith('=')) list = list.slice(1) || (words[++i] ?? '');
    }
    criteria.push([keyword!, list]);
  }
  return criteria;
}
