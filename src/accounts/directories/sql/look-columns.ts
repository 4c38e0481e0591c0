const name = '(?:[\\p{L}_][\\p{L}\\p{N}_$]*|"[^"]+"|`[^`]+`)';
/** `a`, `t.b`, or anything with `as NAME` behind it. */
const named = new RegExp(`(?:^(?:${name}\\.)*|\\sas\\s+)(${name})$`, 'iu');

/**
 * Names of the columns that a query gives, as far as its text alone says them: `select a, t.b, f(c) as d from ...`. Undefined where the database has to be
 * asked: `*`, an expression without a name, a query with WITH or with comments.
 */
export function columnsAsWritten(text: string): string[] | undefined {
  if (/--|\/\*|#|\$\$|\\/.test(text)) return undefined;
  const list = /^\s*select\s+(?:(?:distinct|all)\s+)?/i.exec(text);
  if (!list) return undefined;
  const items = itemsOf(text.slice(list[0].length));
  const names = items?.map(nameOf);
  return names?.every((one) => one !== undefined) ? names : undefined;
}

/** What stands between the commas outside of parentheses and quotation marks, up to FROM. */
function itemsOf(text: string): string[] | undefined {
  const items: string[] = [];
  let [depth, from] = [0, 0];
  for (const { 0: sign, index } of text.matchAll(/'(?:[^']|'')*'|"[^"]*"|`[^`]*`|[\p{L}_][\p{L}\p{N}_$]*|[(),]/gu)) {
    if (sign === '(') depth++;
    if (sign === ')') depth--;
    if (depth > 0 || (sign !== ',' && sign.toLowerCase() !== 'from')) continue;
    items.push(text.slice(from, index).trim());
    if (sign !== ',') return items;
    from = index + 1;
  }
  return undefined;
}

function nameOf(item: string): string | undefined {
  return named.exec(item)?.[1]?.replace(/^["`](.*)["`]$/, '$1');
}
