import type { CST, YAMLError } from 'yaml';

/** What the parser's tokens have in common, as far as it is read here. */
interface Token {
  type?: string;
  offset?: number;
  source?: string;
  start?: { type?: string };
  items?: unknown[];
  key?: unknown;
  value?: unknown;
  end?: { type: string }[];
}

/** Where the quote, bracket or brace is opened that the parser misses the end of: it reports where it gave up, far below. */
export function openingOf(error: YAMLError, tokens: readonly CST.Token[]): number | undefined {
  const missing = /Missing closing|end with a ([\]}])/.exec(error.message);
  if (!missing) return undefined;
  const opening = missing[1] === ']' ? 'flow-seq-start' : missing[1] === '}' ? 'flow-map-start' : undefined;
  let found: number | undefined;
  const stack: unknown[] = [...tokens];
  while (stack.length > 0) {
    const token = stack.pop() as Token | null | undefined;
    if (token === null || typeof token !== 'object') continue;
    const { type, offset = 0, source = '', start, items = [], key, value, end = [] } = token;
    const unclosed =
      opening === undefined
        ? /^(single|double)-quoted-scalar$/.test(type ?? '') && offset + source.length === error.pos[0]
        : type === 'flow-collection' &&
          start?.type === opening &&
          offset < error.pos[0] &&
          !end.some((part) => /^flow-(seq|map)-end$/.test(part.type));
    if (unclosed && (found === undefined || offset > found)) found = offset;
    stack.push(key, value);
    for (const item of items) stack.push(item);
  }
  return found;
}
